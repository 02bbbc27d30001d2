import hashlib
import io
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from helpers.datasets import DatasetError, downloads, open_dataset
from helpers.datasets.downloads import DOWNLOADS, Download


class Server(ThreadingHTTPServer):
    """Serves one body, and can be told to misbehave."""

    daemon_threads = True
    body = b""
    status = 200
    cut = ()  # how many bytes to send in each of the first answers
    ranges = True
    requests: list


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append(asked)
        start = int(re.match(r"bytes=(\d+)-", asked)[1]) if asked and server.ranges else 0
        body = server.body[start:]
        if start and not body:
            self.send_error(416)
            return
        self.send_response(server.status if server.status != 200 else 206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        count = len(server.requests)
        self.wfile.write(body[: server.cut[count - 1]] if count <= len(server.cut) else body)

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
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(downloads, "BLOCK", 50)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def start(*names, kind="tgz", digest=None, size=None, **options):
        server.body = archive(kind, names)
        facts = {
            "url": f"http://127.0.0.1:{server.server_port}/tiny.{kind}",
            "size": size or (len(server.body),) * 2,
            "digest": digest or f"md5:{hashlib.md5(server.body).hexdigest()}",
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
    ends = (".lock", ".part")
    return sorted(p.name for p in (work / "data").iterdir() if not p.name.endswith(ends))


@pytest.mark.parametrize("kind", ["tgz", "zip"])
def test_a_download_is_fetched_once_and_opened(serve, work, kind):
    server = serve(*NAMES, kind=kind, classes={"n01": "tench", "n02": "springer"})
    for _ in range(2):
        dataset = open_dataset("tiny", progress=False)
    assert dataset.name == "tiny"
    assert dataset.images["label"].tolist() == ["tench", "springer", "tench"]
    assert dataset.images["split"].tolist() == ["train", "train", "valid"]
    assert len(server.requests) == 1
    assert leftovers(work) == ["tiny"]


def test_labels_may_come_from_file_names(serve):
    serve("tiny/great_dane_1.jpg", "tiny/Bengal_20.jpg", label=DOWNLOADS["pets"].label)
    assert open_dataset("tiny", progress=False).classes == ["Bengal", "great dane"]


def test_a_truncated_answer_is_resumed_where_it_stopped(serve):
    server = serve(*NAMES)
    server.cut = (100, 50)
    assert len(open_dataset("tiny", progress=False)) == 3
    assert server.requests == [None, "bytes=100-", "bytes=150-"]


def test_a_server_that_cannot_resume_sends_it_all_again(serve):
    server = serve(*NAMES)
    server.cut, server.ranges = (100,), False
    assert len(open_dataset("tiny", progress=False)) == 3


def test_a_try_that_gave_up_is_resumed_by_the_next_call(serve, work):
    server = serve(*NAMES)
    server.cut = (100, 0, 0, 0)
    with pytest.raises(DatasetError, match="could not be fetched"):
        open_dataset("tiny", progress=False)
    assert leftovers(work) == []
    assert len(open_dataset("tiny", progress=False)) == 3
    assert server.requests[-1] == "bytes=100-"


def test_a_wrong_hash_is_refused_and_fetched_anew_next_time(serve, work):
    server = serve(*NAMES, digest="md5:" + "0" * 32)
    with pytest.raises(DatasetError, match="its hash is not the one we know"):
        open_dataset("tiny", progress=False)
    assert leftovers(work) == []
    with pytest.raises(DatasetError):
        open_dataset("tiny", progress=False)
    assert server.requests == [None, None]


@pytest.mark.parametrize("size", [(10, 20), (10**6, 10**7)])
def test_a_size_outside_the_range_is_refused(serve, work, size):
    serve(*NAMES, size=size)
    with pytest.raises(DatasetError, match="it is not the dataset we know"):
        open_dataset("tiny", progress=False)
    assert leftovers(work) == []


def test_without_a_known_hash_the_size_range_decides(serve):
    server = serve(*NAMES, size=(100, 10**6))
    DOWNLOADS["tiny"] = Download(DOWNLOADS["tiny"].url, (100, 10**6), folder="tiny")
    assert len(open_dataset("tiny", progress=False)) == 3
    assert len(server.requests) == 1


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


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (503, downloads.TRIES)])
def test_a_refusal_is_final_and_an_overload_is_retried(serve, status, tries):
    server = serve(*NAMES)
    server.status = status
    with pytest.raises(DatasetError, match=rf"'tiny' could not be fetched .*{status}"):
        open_dataset("tiny", progress=False)
    assert len(server.requests) == tries


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
    assert "tiny.tgz: 100%" in capsys.readouterr().err


def test_the_registry_is_complete():
    for download in DOWNLOADS.values():
        assert download.url.startswith("https://")
        assert download.size[0] <= download.size[1]
        assert download.digest is None or re.fullmatch("md5:[0-9a-f]{32}", download.digest)
