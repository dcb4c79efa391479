"""The command `holdfast`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import typer

from chaos.errors import HoldfastError
from chaos.measure.errors import MeasureError
from cli import doctor as doctor_command
from cli import gate as gate_command
from cli import heal as heal_command
from cli import init as init_command
from cli import lab as lab_commands
from cli import plan as plan_command
from cli import probe as probe_command
from cli import rejudge as rejudge_command
from lab.errors import LabError

app = typer.Typer(
    name="holdfast",
    help="Chaos and conformance tests for highly available Kubernetes clusters.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(lab_commands.app, name="lab")
app.command()(init_command.init)
app.command()(doctor_command.doctor)
app.command()(plan_command.plan)
app.command()(gate_command.run)
app.command()(probe_command.probe)
app.command()(rejudge_command.rejudge)
app.command()(heal_command.heal)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; every error is a sentence and an exit code, never a traceback."""
    # Being told to end, or losing the terminal, is the ordinary interruption: it cleans up.
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    try:
        app()
    except (LabError, HoldfastError) as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(wrong.exit_code)
    except MeasureError as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(HoldfastError.exit_code)
    except Exception as bug:
        if os.environ.get("HOLDFAST_DEBUG"):
            raise
        print(f"{type(bug).__name__}: {bug}", file=sys.stderr)
        print("That is a defect of Holdfast; HOLDFAST_DEBUG=1 shows where.", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
