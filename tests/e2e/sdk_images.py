"""Runs in the environment of openstacksdk: images, from their upload to their end.

The argument is a qcow2 file. Prints one JSON object.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

import openstack

path = Path(sys.argv[1])
cloud = openstack.connect(cloud="hostdown")
kind = {"disk_format": "qcow2", "container_format": "bare"}

made = cloud.create_image("i0", filename=str(path), wait=True, **kind)
steps: dict[str, object] = {"created": [made.status, cloud.image.get_image(made.id).size]}
for name in ("i1", "i2"):
    cloud.image.create_image(name, filename=str(path), **kind)
steps["paged"] = [image.name for image in cloud.image.images(limit=1, sort="name:asc")]
answer = cloud.image.download_image(made.id, stream=True)
whole = hashlib.sha256(b"".join(answer.iter_content(65536))).hexdigest()
steps["streamed"] = whole == hashlib.sha256(path.read_bytes()).hexdigest()
changed = cloud.image.update_image(made.id, name="renamed", architecture="x86_64")
steps["changed"] = [changed.name, changed.architecture]
hostile = bytearray(path.read_bytes())
hostile[8:20] = struct.pack(">QI", 400, 11)
hostile[400:411] = b"/etc/passwd"
try:
    cloud.image.create_image("bad", data=bytes(hostile), **kind)
except openstack.exceptions.SDKException as error:
    text = str(error)
    reason = "it has a backing file"
    steps["refused"] = reason if reason in text else text
for image in list(cloud.image.images()):
    cloud.image.delete_image(image.id)
steps["left"] = len(list(cloud.image.images()))
print(json.dumps(steps))
