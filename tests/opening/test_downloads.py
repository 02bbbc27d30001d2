import hashlib
import io
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from helpers.datasets import DatasetError, open_dataset
from helpers.opening import downloads
from helpers.opening.downloads import DOWNLOADS, Download


class Server(ThreadingHTTPServer):
    """Serves one body, and can be told to misbehave."""

    daemon_threads = True
    body = b""
    status = 200
    cut = ()  # how many bytes to send in each of the first answers
    requests: int


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        count = server.requests
        server.requests += 1
        self.wfile.write(server.body[: server.cut[count]] if server.cut[count:] else server.body)

    def log_message(self, *_):
        pass


def archive(kind, names):
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as file:
            for name in names:
                file.writestr(name, b"x" * 500)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as file:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = 500
                file.addfile(info, io.BytesIO(b"x" * 500))
    return buffer.getvalue()


@pytest.fixture
def serve(monkeypatch):
    """Serve names in an archive as the download "tiny"; returns the server."""
    server = Server(("127.0.0.1", 0), Handler)
    server.requests = 0
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(downloads, "BLOCK", 50)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def start(*names, kind="tgz", **options):
        server.body = archive(kind, names)
        facts = {
            "url": f"http://127.0.0.1:{server.server_port}/tiny.{kind}",
            "digest": f"md5:{hashlib.md5(server.body).hexdigest()}",
            "folder": "tiny",
        }
        monkeypatch.setitem(DOWNLOADS, "tiny", Download(**{**facts, **options}))
        return server

    yield start
    server.shutdown()
    server.server_close()
    thread.join()


NAMES = ["tiny/train/n01/1.jpg", "tiny/train/n02/2.jpg", "tiny/val/n01/3.jpg"]


def leftovers(work):
    return sorted(p.name for p in (work / "data").iterdir() if not p.name.endswith(".lock"))


@pytest.mark.parametrize("kind", ["tgz", "zip"])
def test_a_download_is_fetched_once_and_opened(serve, work, kind):
    server = serve(*NAMES, kind=kind)
    for _ in range(2):
        dataset = open_dataset("tiny", progress=False)
    assert dataset.name == "tiny"
    assert dataset.images["label"].tolist() == ["n01", "n02", "n01"]
    assert dataset.images["split"].tolist() == ["train", "train", "valid"]
    assert server.requests == 1
    assert leftovers(work) == ["tiny"]


def test_labels_may_come_from_file_or_folder_names(serve, work):
    serve("tiny/great_dane_1.jpg", "tiny/Bengal_20.jpg", label=DOWNLOADS["pets"].label)
    assert open_dataset("tiny", progress=False).classes == ["Bengal", "great dane"]
    assert DOWNLOADS["imagenette"].label("train/n01440764/1.jpg") == "tench"


def test_a_truncated_answer_is_fetched_again(serve):
    server = serve(*NAMES)
    server.cut = (100, 50)
    assert len(open_dataset("tiny", progress=False)) == 3
    assert server.requests == 3


def test_a_download_that_gave_up_leaves_nothing_and_works_the_next_time(serve, work):
    server = serve(*NAMES)
    server.cut = (100, 0, 0)
    with pytest.raises(DatasetError, match="could not be fetched .no connection, or one that"):
        open_dataset("tiny", progress=False)
    assert leftovers(work) == []
    assert len(open_dataset("tiny", progress=False)) == 3


def test_a_wrong_hash_is_refused_and_fetched_anew_next_time(serve, work):
    server = serve(*NAMES, digest="md5:" + "0" * 32)
    for calls in (1, 2):
        with pytest.raises(DatasetError, match="its hash is not the one we know"):
            open_dataset("tiny", progress=False)
        assert leftovers(work) == []
        assert server.requests == calls * (downloads.RETRIES + 1)


@pytest.mark.parametrize("size", [(10, 20), (10**6, 10**7)])
def test_without_a_known_hash_a_size_outside_the_range_is_refused(serve, work, size):
    serve(*NAMES, digest=None, size=size)
    with pytest.raises(DatasetError, match=f"it has .* bytes, expected {size[0]:,} to {size[1]:,}"):
        open_dataset("tiny", progress=False)
    assert leftovers(work) == []


@pytest.mark.parametrize(("less", "more"), [(100, 10**6), (0, 0)])
def test_without_a_known_hash_a_size_in_the_range_is_enough(serve, less, more):
    size = len(archive("tgz", NAMES))
    server = serve(*NAMES, digest=None, size=(size - less, size + more))
    assert len(open_dataset("tiny", progress=False)) == 3
    assert server.requests == 1


def test_a_malicious_archive_is_refused_and_leaves_nothing(serve, work):
    serve("tiny/cat/1.jpg", "../../evil.jpg")
    with pytest.raises(DatasetError, match="leads out of the folder"):
        open_dataset("tiny", progress=False)
    assert leftovers(work) == []
    assert not list(work.parent.rglob("evil.jpg"))


def test_an_archive_with_other_contents_is_refused(serve, work):
    serve("other/cat/1.jpg")
    with pytest.raises(DatasetError, match="has no folder 'tiny'"):
        open_dataset("tiny", progress=False)
    assert "tiny" not in leftovers(work)


@pytest.mark.parametrize("status", [404, 503])
def test_a_refusal_says_what_the_server_answered(serve, status):
    server = serve(*NAMES)
    server.status = status
    with pytest.raises(DatasetError, match=f"tiny.tgz could not be fetched .*answered {status}"):
        open_dataset("tiny", progress=False)
    assert server.requests == downloads.RETRIES + 1


def test_without_network_the_alternatives_are_named(serve, monkeypatch):
    server = serve(*NAMES)
    server.shutdown()
    server.server_close()
    message = r"no connection.*open_dataset\('leaves'\), open_dataset\('digits'\) or the path"
    with pytest.raises(DatasetError, match=message):
        open_dataset("tiny", progress=False)


def test_a_progress_bar_is_shown_when_asked_for(serve, capsys):
    serve(*NAMES)
    open_dataset("tiny")
    assert "100%" in capsys.readouterr().err


def test_the_registry_is_complete():
    for download in DOWNLOADS.values():
        assert download.url.startswith("https://")
        if download.digest:
            assert re.fullmatch("md5:[0-9a-f]{32}", download.digest)
        else:
            assert download is DOWNLOADS["clothing"]
    # 2,093 of its 3,781 photos, which hardly get smaller in an archive, have 58,372,775 bytes.
    low, high = (end / (58_372_775 / 2_093 * 3_781) for end in DOWNLOADS["clothing"].size)
    assert 0.5 < low < 1 < high < 2


@pytest.mark.parametrize(
    ("size", "good"), [(59_999_999, 0), (60_000_000, 1), (200_000_000, 1), (200_000_001, 0)]
)
def test_the_photos_without_a_published_hash_are_believed_by_their_size(
    tmp_path, monkeypatch, size, good
):
    archive = tmp_path / "master.zip"
    with archive.open("wb") as file:
        file.truncate(size)  # takes no space
    monkeypatch.setattr("pooch.Pooch.fetch", lambda *_, **__: str(archive))
    if good:
        assert downloads._fetch_archive(DOWNLOADS["clothing"], tmp_path, False) == archive
    else:
        said = f"it has {size:,} bytes, expected 60,000,000 to 200,000,000"
        with pytest.raises(DatasetError, match=said):
            downloads._fetch_archive(DOWNLOADS["clothing"], tmp_path, False)
