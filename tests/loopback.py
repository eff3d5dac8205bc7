"""A server on this machine that fails in all the usual ways, and what it serves."""

import dataclasses
import hashlib
import io
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image
from tqdm import tqdm

from confoundlab.catalog import Archive, dataset
from confoundlab.datasets.fetching import fetch

NAMES = [f"obj{number}__{index}" for number in (1, 2) for index in (0, 1)]


def png(seed, size=24):
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def packed(contents):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file.getvalue()


GOOD = packed({"top/readme.txt": b"stray", "stray/x.txt": b"stray"}
              | {f"top/{name}.png": png(seed) for seed, name in enumerate(NAMES)})  # fmt: skip


class Server:
    """Serves one file; each address is a way of serving it."""

    def __init__(self):
        self.body, self.etag = GOOD, '"1"'
        self.asked = []  # (path, range) of each request
        self.broken = 0  # so many answers break in the middle
        self.may_answer, self.was_asked = threading.Event(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                span = self.headers.get("Range")
                outer.asked.append((self.path, span))
                getattr(outer, self.path.strip("/").replace("-", "_"))(self, span)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def url(self, way):
        return f"http://127.0.0.1:{self.http.server_port}/{way}"

    def answer(self, to, status, body, **headers):
        to.send_response(status)
        for name, value in {"Content-Length": len(body), "ETag": self.etag, **headers}.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        if self.broken:
            self.broken -= 1
            body = body[: len(body) // 2]
        to.wfile.write(body)

    def whole(self, to, span):
        self.answer(to, 200, self.body)

    def file(self, to, span):
        """As HTTP says it: the rest, if it is still the same file."""
        if span is None or to.headers["If-Range"] != self.etag:
            return self.answer(to, 200, self.body)
        start = int(span.removeprefix("bytes=").removesuffix("-"))
        place = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        return self.answer(to, 206, self.body[start:], Content_Range=place)

    def no_if_range(self, to, span):
        to.headers.replace_header("If-Range", self.etag) if span else None
        self.file(to, span)

    def range_refused(self, to, span):
        self.answer(to, 416, b"") if span else self.whole(to, span)

    def wrong_place(self, to, span):
        if span:
            self.answer(to, 206, self.body[5:], Content_Range=f"bytes 5-9/{len(self.body)}")
        else:
            self.whole(to, span)

    def missing(self, to, span):
        to.send_error(404)

    def busy(self, to, span):
        to.send_error(503)

    def moved(self, to, span):
        self.answer(to, 302, b"", Location="/file")

    def circle(self, to, span):
        self.answer(to, 302, b"", Location="/circle")

    def slow(self, to, span):
        to.send_response(200)
        to.send_header("Content-Length", str(len(self.body)))
        to.end_headers()
        to.wfile.write(self.body[:100])
        to.wfile.flush()
        time.sleep(1)

    def when_told(self, to, span):
        self.was_asked.set()
        self.may_answer.wait(20)
        self.whole(to, span)

    def gzipped(self, to, span):
        self.answer(to, 200, self.body, Content_Encoding="gzip")

    def endless(self, to, span):
        to.send_response(200)
        to.end_headers()
        to.wfile.write(bytes(100_000_000))


def checksum(body=GOOD):
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def entry(server, *ways, **changes):
    """A data set of four images, served in these ways."""
    archive = Archive(tuple(map(server.url, ways)), "zip", checksum(), len(GOOD))
    archive = dataclasses.replace(archive, **changes)
    known = dataset("coil20")
    names = frozenset(NAMES)
    return dataclasses.replace(
        known, name="four", n_images=4, n_classes=2, expected=names, archive=archive
    )


def get(what, folder, **options):
    return fetch(what, folder, tell=lambda text: None, **options)


def left(tmp_path):
    """The names of all files below a folder, beside the target and in the cache, but for locks."""
    files = (path for path in tmp_path.rglob("*") if path.is_file())
    return sorted(path.name for path in files if path.suffix != ".lock")


class Stopping(tqdm):
    """A progress bar at which somebody presses Ctrl-C."""

    def update(self, n=1):
        raise KeyboardInterrupt
