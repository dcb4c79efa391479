"""Write the schemas: `python -m reports.schemas`, after a change of the model or the timeline."""

from __future__ import annotations

from reports.schemas import FOLDER, schemas

for name, text in schemas().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
    print(FOLDER / name)
