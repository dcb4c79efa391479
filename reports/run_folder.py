"""A run's folder: everything in it is written here, redacted, and whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from chaos.result import RunResult
from reports import allure, verdict_json
from reports.errors import ReportError
from reports.junit import junit
from reports.redact import hide, redact, redact_lines, redact_value
from reports.summary import summary

OUT = Path(__file__).parent / "out"
LATEST = "latest"
VERDICT = "verdict.json"


class RunFolder:
    """The folder of one run, `OUT/RUN`.

    `save` as often as there is news: whatever happens later, that verdict can be read. `finish`
    once, at the end: it writes every report and turns `latest` to this run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run(self) -> str:
        """The run's name: when it began, in UTC, and four characters by chance."""
        return self.path.name

    @classmethod
    def create(cls, out: Path = OUT, *, now: datetime | None = None) -> RunFolder:
        """Make a new one.

        Raises:
            ReportError: there is no place for it.
        """
        moment = (now or datetime.now(UTC)).astimezone(UTC)
        try:
            out.mkdir(parents=True, exist_ok=True)
            while True:
                path = out / f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
                try:
                    path.mkdir()
                except FileExistsError:
                    continue
                return cls(path)
        except OSError as error:
            raise ReportError(f"{out} cannot be written: {error.strerror}.") from None

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """One that is there; `latest` is followed to the run it names.

        Raises:
            ReportError: there is none.
        """
        if not path.is_dir():
            raise ReportError(f"{path} is no folder of a run.", f"Runs are in {OUT}.")
        return cls(path.resolve())

    def load(self) -> RunResult:
        """The result as it was last saved.

        Raises:
            ReportError: it was never saved, or cannot be read.
        """
        file = self.path / VERDICT
        try:
            return verdict_json.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ReportError(f"{file} cannot be read: {error}.") from None

    def save(self, result: RunResult) -> None:
        """Write `verdict.json`.

        Raises:
            ReportError: it cannot be written.
        """
        self.write(VERDICT, verdict_json.dumps(_safe(result)))

    def finish(self, result: RunResult) -> None:
        """Write every report, redact what else is in the folder, and turn `latest` to this run.

        One report that cannot be written does not cost the others.

        Raises:
            ReportError: not all could be written; all others were.
        """
        safe = _safe(result)
        steps: list[Callable[[], object]] = [
            lambda: self.write(VERDICT, verdict_json.dumps(safe)),
            self._sweep,
            lambda: self.write("summary.md", summary(safe)),
            lambda: self.write("junit.xml", junit(safe)),
            lambda: self._allure(safe),
            self._turn_latest,
        ]
        failed: list[Exception] = []
        for step in steps:
            try:
                step()
            except Exception as error:
                failed.append(error)
        if failed:
            told = "; ".join(f"{error}" or type(error).__name__ for error in failed)
            raise ReportError(f"Not all of {self.path} could be written: {told}") from failed[0]

    def write(self, name: str, text: str) -> Path:
        """Write a file of the run: redacted, and under its name only when it is whole.

        Args:
            name: its path in the folder.
            text: what to write; a name in `.jsonl` holds a JSON value on each line.

        Raises:
            ReportError: it cannot be written.
        """
        safe = redact_lines(text) if name.endswith(".jsonl") else redact(text)
        return self._write(name, safe.encode())

    def _write(self, name: str, safe: bytes) -> Path:
        file = self.path / name
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as out:
                out.write(safe)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        except OSError as error:
            raise ReportError(f"{file} cannot be written: {error.strerror}.") from None
        finally:
            draft.unlink(missing_ok=True)
        return file

    def _sweep(self) -> None:
        """What others wrote, as the sampler its timelines, is redacted where it stands."""
        for file in sorted(self.path.rglob("*")):
            if file.is_symlink() or not file.is_file():
                continue
            content = file.read_bytes()
            safe = _hidden(content, lines=file.suffix == ".jsonl")
            if safe != content:
                self._write(str(file.relative_to(self.path)), safe)

    def _allure(self, safe: RunResult) -> None:
        # Names are new each time: what an earlier finish left would stand beside it.
        for old in self.path.glob("allure-results/*"):
            old.unlink()
        for name, text in allure.allure(safe, timeline=self._timeline).items():
            self.write(f"allure-results/{name}", text)

    def _timeline(self, name: str) -> str | None:
        file = self.path / name
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None

    def _turn_latest(self) -> None:
        link = self.path.parent / LATEST
        draft = link.with_name(f".{LATEST}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        draft.symlink_to(self.run)
        draft.replace(link)


def _safe(result: RunResult) -> RunResult:
    """The result with every text redacted, before any form is made of it."""
    return verdict_json.from_data(redact_value(verdict_json.to_data(result)))


def _hidden(content: bytes, *, lines: bool) -> bytes:
    """What somebody else wrote, without secrets and else to the byte as it was."""
    try:
        text, encoding = content.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("latin-1"), "latin-1"  # the mark exists there too
    return (redact_lines(text) if lines else hide(text)).encode(encoding)
