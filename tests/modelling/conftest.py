from tests.report.conftest import no_processes, one_thread, photos, work  # noqa: F401
