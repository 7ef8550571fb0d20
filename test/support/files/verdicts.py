"""What a reference implementation says of files: `verdicts.py npy|safetensors FILE`, in which each file is behind its length
(4 bytes, little-endian). Prints a line of JSON for each: [type, shape, SHA-256 of the row-major bytes] of every array, by
name, or the error."""
import hashlib
import io
import json
import struct
import sys
import warnings

warnings.simplefilter("ignore")
kind, path = sys.argv[1:]

if kind == "npy":
    import numpy

    def read(data):
        array = numpy.load(io.BytesIO(data), allow_pickle=False)
        if not isinstance(array, numpy.ndarray):
            raise ValueError("no array")
        dtype = array.dtype.str
        if dtype == "<f2":
            # JavaScript has one NaN.
            array = numpy.where(numpy.isnan(array), numpy.float32("nan"), array.astype("<f4")).astype("<f4")
        if dtype == "|b1":
            array = (array.view("u1") != 0).astype("u1")
        return {"": [dtype, list(array.shape), hashlib.sha256(array.tobytes("C")).hexdigest()]}

    version = numpy.__version__
else:
    import safetensors

    def read(data):
        found = {}
        for name, tensor in safetensors.deserialize(data):
            found[name] = [tensor["dtype"], tensor["shape"], hashlib.sha256(tensor["data"]).hexdigest()]
        return found

    version = safetensors.__version__

print(json.dumps(version))
with open(path, "rb") as files:
    while length := files.read(4):
        data = files.read(struct.unpack("<I", length)[0])
        try:
            print(json.dumps(read(data)))
        except Exception as error:
            print(json.dumps(f"{type(error).__name__}: {error}"[:300]))
