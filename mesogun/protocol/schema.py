"""JSON Schema of a protocol file, for editors: completion and a first check while typing.

Not responsible for the whole check: sources, grades and ranges are checked by ``parse`` alone.
"""

from __future__ import annotations

import json

from mesogun.protocol.document import Document


def json_schema() -> str:
    """The schema as indented JSON with sorted keys; the file ``protocols/protocol.schema.json`` holds the same."""
    schema = Document.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mesogun treatment protocol"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
