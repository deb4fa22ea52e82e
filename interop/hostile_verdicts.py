#!/usr/bin/env python3
"""What Python's own readers say of damaged files: the verdicts that test/hostile-files.test.ts holds the studio's readers to.

  python hostile_verdicts.py FOLDER [--sources SAVED_ADAPTER]

FOLDER   test/fixtures/hostile. Reads the source files there, damages each some thousand times and writes verdicts.json;
         writes crafted.json, small files that are wrong on purpose, with their verdicts.
SOURCES  a folder with `<name>.zip` and `safetensors/adapter.safetensors` of one saved adapter; makes the source files
         afresh before all else. Left out, the source files stay as they are.

A `.bin` is judged by torch.load(weights_only=True, map_location="cpu"), a `.safetensors` by safetensors.torch.load. A verdict
is "" where Python refuses, else eight bytes (base64) of a SHA-256 over the floating-point tensors: for each, by name, the name,
the shape and the float32 values, every NaN as 7fc00000 (conversions differ in payloads between machines). "=" stands for the verdict of the undamaged file, "~" for a
file that Python accepts and reads differently each time, because it reads beyond the record.

The damage is a function of (SEED, file, index of the variant) that test/hostile-variants.ts computes as well; a SHA-256 over all
variants of a file says whether both made the same bytes. Each verdict is made in a child with limits on memory and time.
"""
import argparse, base64, hashlib, io, json, os, resource, signal, struct, sys, warnings, zipfile, zlib
from collections import OrderedDict

import numpy, safetensors, torch
import safetensors.torch

SEED = 20261124
MEMORY_BYTES = 8 << 30
SECONDS = 20
INTERESTING_BYTES = [0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x22, 0x2C, 0x2D, 0x2E, 0x30, 0x39, 0x5B, 0x5D, 0x65, 0x7B, 0x7D]
INTERESTING_WORDS = [0, 1, 2, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
DIGITS = b"0123456789-.eE"


class Random:
    """xorshift32, Marsaglia 2003; small enough to be the same in two languages."""

    def __init__(self, seed):
        self.state = (seed & 0xFFFFFFFF) or 1
        for _ in range(8):
            self.next()

    def next(self):
        x = self.state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state = x
        return x

    def below(self, count):
        return self.next() % count


def damage(source, begin, end, keeps_length, random):
    """The bytes with one thing wrong in [begin, end); truncation apart, what follows the region keeps its place or moves."""
    data = bytearray(source)
    at = lambda: begin + random.below(end - begin)
    kind = random.below(9 if keeps_length else 13)
    if kind == 0:
        data[at()] ^= 1 << random.below(8)
    elif kind == 1:
        for _ in range(2 + random.below(4)):
            data[at()] ^= 1 << random.below(8)
    elif kind == 2:
        data[at()] = INTERESTING_BYTES[random.below(len(INTERESTING_BYTES))]
    elif kind == 3:
        to, origin = at(), at()
        data[to] = source[origin]
    elif kind == 4:
        to, word = at(), INTERESTING_WORDS[random.below(len(INTERESTING_WORDS))]
        for i in range(4):
            if to + i < end:
                data[to + i] = (word >> (8 * i)) & 0xFF
    elif kind == 5:
        to, origin, length = at(), at(), 1 + random.below(64)
        for i in range(length):
            if to + i < end and origin + i < end:
                data[to + i] = source[origin + i]
    elif kind == 6:
        to, length = at(), 1 + random.below(64)
        for i in range(to, min(to + length, end)):
            data[i] = 0
    elif kind == 7:
        to, length = at(), 1 + random.below(32)
        cut = min(length, end - to)
        data[to:end] = source[to + cut:end] + bytes(cut)
    elif kind == 8:
        start, to = at(), DIGITS[random.below(len(DIGITS))]
        for i in range(start, end):
            if 0x30 <= source[i] <= 0x39:
                data[i] = to
                break
    elif kind == 9:
        del data[at():]
    elif kind == 10:
        to, length = at(), 1 + random.below(32)
        del data[to:to + length]
    elif kind == 11:
        to, length = at(), 1 + random.below(16)
        data[to:to] = bytes(random.below(256) for _ in range(length))
    else:
        to, origin, length = at(), at(), 1 + random.below(64)
        data[to:to] = source[origin:origin + length]
    return data


def variant(source, file_index, target, index):
    random = Random(SEED + file_index * 1000003 + index * 2654435761)
    data = damage(source, target["begin"], target["end"], bool(target["seal"]), random)
    if target["seal"]:
        begin, size = target["seal"]["begin"], target["seal"]["size"]
        for place in target["seal"]["checksums"]:
            struct.pack_into("<I", data, place, zlib.crc32(data[begin:begin + size]))
    return bytes(data)


def variants(source, file_index, targets):
    index = 0
    for target in targets:
        for _ in range(target["count"]):
            yield variant(source, file_index, target, index)
            index += 1


# --- verdicts ---------------------------------------------------------------------------------------------------------


def canonical(tensors):
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items(), key=lambda item: item[0].encode("utf-8", "surrogatepass")):
        if tensor.dtype not in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
            continue
        bits = tensor.detach().to(torch.float32).contiguous().numpy().view(numpy.uint32).copy()
        bits[(bits & 0x7FFFFFFF) > 0x7F800000] = 0x7FC00000
        digest.update(name.encode("utf-8", "surrogatepass") + b"\0" + ",".join(map(str, tensor.shape)).encode() + b"\0")
        digest.update(bits.astype("<u4").tobytes())
    return base64.b64encode(digest.digest()[:8]).decode().rstrip("=")


def torch_verdict(data):
    def load():
        value = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if not isinstance(value, dict) or not all(isinstance(k, str) and torch.is_tensor(v) for k, v in value.items()):
            raise ValueError("no dict of tensors, so no adapter can be made of it")
        return canonical(value)

    first = load()
    return first if load() == first else "~"


def safetensors_verdict(data):
    return canonical(safetensors.torch.load(data))


def judge(judge_one, items):
    """One verdict per item; a child that dies is a refusal of the item it died of, and the next child goes on after it."""
    verdicts, crashes = [], 0
    while len(verdicts) < len(items):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            warnings.simplefilter("ignore")
            for item in items[len(verdicts):]:
                signal.alarm(SECONDS)
                try:
                    verdict = judge_one(item)
                except Exception:
                    verdict = ""
                os.write(writing, (verdict + "\n").encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as lines:
            verdicts += [line.rstrip("\n") for line in lines]
        os.waitpid(child, 0)
        if len(verdicts) < len(items):
            verdicts.append("")
            crashes += 1
    return verdicts, crashes


# --- the damaged files ------------------------------------------------------------------------------------------------


def mixed_tensors():
    generator = torch.Generator().manual_seed(1)
    base = torch.randn(4, 6, generator=generator)
    tensors = OrderedDict()
    tensors["half"] = torch.randn(3, 2, generator=generator).to(torch.float16)
    tensors["bfloat"] = torch.randn(2, 2, generator=generator).to(torch.bfloat16)
    tensors["double"] = torch.randn(3, generator=generator, dtype=torch.float64)
    tensors["scalar"] = torch.tensor(1.5)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["ids"] = torch.arange(3)
    tensors["flags"] = torch.tensor([True, False])
    tensors["base"] = base
    return tensors, base


def make_sources(folder, saved):
    name = os.path.basename(saved.rstrip("/"))
    archive = open(os.path.join(saved, f"{name}.zip"), "rb").read()
    write(folder, "adapter.zip", archive)
    write(folder, "adapter.bin", zipfile.ZipFile(io.BytesIO(archive)).read("pytorch_adapter.bin"))
    write(folder, "adapter.safetensors", open(os.path.join(saved, "safetensors/adapter.safetensors"), "rb").read())
    tensors, base = mixed_tensors()
    write(folder, "mixed.safetensors", safetensors.torch.save(dict(tensors), metadata={"format": "pt", "note": "ünï \\ 🙂"}))
    tensors["transposed"] = base.t()
    tensors["part"] = base[1:3, 2:5]
    tensors["parameter"] = torch.nn.Parameter(torch.ones(2, 2))
    tensors._metadata = OrderedDict([("", {"version": 1})])
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    write(folder, "mixed.bin", buffer.getvalue())


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def zip_records(data):
    """Where an archive's content and both copies of its checksum lie; checksums follow the data, as torch writes them."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    place = archive.start_dir
    for info in archive.infolist():
        name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
        begin = info.header_offset + 30 + name_length + extra_length
        behind = begin + info.compress_size
        if info.compress_size > 0:
            assert data[behind:behind + 4] == b"PK\x07\x08"
            yield info.filename.split("/", 1)[1], {"begin": begin, "size": info.compress_size,
                                                   "checksums": [behind + 4, place + 16]}
        central = struct.unpack_from("<HHH", data, place + 28)
        place += 46 + sum(central)


def targets_of(name, data):
    everything = {"begin": 0, "end": len(data), "count": 1200, "seal": None}
    if name.endswith(".safetensors"):
        header = 8 + struct.unpack_from("<Q", data)[0]
        return [everything, {"begin": 0, "end": header, "count": 2400, "seal": None}]
    directory = zipfile.ZipFile(io.BytesIO(data)).start_dir
    targets = [everything, {"begin": directory, "end": len(data), "count": 1200, "seal": None}]
    for entry, seal in zip_records(data):
        count = 2400 if entry == "data.pkl" else 40
        targets.append({"begin": seal["begin"], "end": seal["begin"] + seal["size"], "count": count, "seal": seal})
    return targets


def judge_damage(folder):
    files = {}
    for file_index, name in enumerate(["adapter.bin", "mixed.bin", "adapter.safetensors", "mixed.safetensors"]):
        source = open(os.path.join(folder, name), "rb").read()
        judge_one = torch_verdict if name.endswith(".bin") else safetensors_verdict
        targets = targets_of(name, source)
        items = list(variants(source, file_index, targets))
        digest = hashlib.sha256()
        for item in items:
            digest.update(struct.pack("<I", len(item)) + item)
        [original], _ = judge(judge_one, [source])
        verdicts, crashes = judge(judge_one, items)
        verdicts = ["=" if verdict == original else verdict for verdict in verdicts]
        refused = verdicts.count("")
        print(f"{name}: {len(items)} variants, {refused} refused ({crashes} by a crash), {verdicts.count('=')} as before, "
              f"{verdicts.count('~')} unstable")
        files[name] = {"digest": digest.hexdigest(), "original": original, "targets": targets, "verdicts": ",".join(verdicts)}
    return files


# --- files that are wrong on purpose ----------------------------------------------------------------------------------


def text(value):
    data = value if isinstance(value, bytes) else value.encode("utf-8")
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def integers(values):
    return b"(" + b"".join(map(integer, values)) + b"t"


def function(module, name):
    return f"c{module}\n{name}\n".encode()


ORDERED = function("collections", "OrderedDict") + b")R"


def storage(kind="FloatStorage", key="0", elements=6, tag="storage", module="torch"):
    return b"(" + text(tag) + function(module, kind) + text(key) + text("cpu") + integer(elements) + b"tQ"


def tensor(on=None, offset=integer(0), shape=integers([2, 3]), strides=integers([3, 1]), gradient=b"\x89", hooks=ORDERED, more=b""):
    on = on or storage()
    return function("torch._utils", "_rebuild_tensor_v2") + b"(" + on + offset + shape + strides + gradient + hooks + more + b"tR"


def state(*items, build=b""):
    return b"\x80\x02" + ORDERED + b"(" + b"".join(text(name) + value for name, value in items) + b"u" + build + b"."


def parameter(arguments):
    return function("torch.nn.parameter", "Parameter") if arguments is None else (
        function("torch._utils", "_rebuild_parameter") + b"(" + arguments + b"tR")


def archive(pickle, entries=(), compress=False, root="a", first=(), version=b"3\n"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as file:
        records = [("data.pkl", pickle), ("version", version), ("data/0", struct.pack("<6f", 1, 2, 3, -4, 5.5, 6)),
                   ("data/1", struct.pack("<3q", 7, 8, 9))]
        for name, data in [*first, *((f"{root}/{name}", data) for name, data in records if data is not None), *entries]:
            file.writestr(zipfile.ZipInfo(name), data, compress_type=file.compression)
    return buffer.getvalue()


def crafted_pickles():
    call = lambda module, name, argument=text("id"): b"\x80\x02" + function(module, name) + argument + b"\x85R."
    yield "plain", state(("a", tensor()))
    yield "a plain dict", b"\x80\x02}" + text("a") + tensor() + b"s."
    yield "no tensors", state()
    yield "a parameter", state(("a", parameter(tensor() + b"\x88" + ORDERED)))
    yield "a transposed view", state(("a", tensor(shape=integers([3, 2]), strides=integers([1, 3]))))
    yield "a small expanded view", state(("a", tensor(shape=integers([2, 6]), strides=integers([0, 1]))))
    yield "an offset", state(("a", tensor(offset=integer(2), shape=integers([2, 2]), strides=integers([2, 1]))))
    yield "an empty view", state(("a", tensor(shape=integers([0, 3]))))
    yield "attributes of an OrderedDict", state(("a", tensor()), build=b"}" + text("_metadata") + b"}sb")
    for module, name in [("os", "system"), ("posix", "system"), ("nt", "system"), ("builtins", "eval"), ("builtins", "exec"),
                         ("builtins", "getattr"), ("builtins", "print"), ("__builtin__", "eval"), ("subprocess", "Popen"), ("sys", "exit"),
                         ("torch", "load"), ("torch.hub", "load"), ("runpy", "run_path"), ("pkgutil", "resolve_name"),
                         ("collections", "defaultdict"), ("torch.serialization", "os.system"), ("torch", "serialization.os.system"),
                         ("unknown", "Global"), ("torch", "FloatTensor"), ("torch._utils", "_rebuild_sparse_tensor"), ("", ""),
                         ("codecs", "encode"), ("_codecs", "encode"), ("copyreg", "_reconstructor"), ("numpy.core.multiarray", "_reconstruct")]:
        yield f"a call of {module} {name}", call(module, name)
    yield "a dropped call", b"\x80\x02" + call("os", "system")[2:-1] + b"0" + state(("a", tensor()))[2:]
    yield "a call inside attributes", state(("a", tensor()), build=b"}" + text("x") + call("os", "system")[2:-1] + b"sb")
    yield "a call as a hook", state(("a", tensor(hooks=call("os", "system")[2:-1])))
    yield "a call as a key", b"\x80\x02}" + call("os", "system")[2:-1] + tensor() + b"s."
    yield "a global from the stack", b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text("id") + b"\x85R."
    yield "a good global from the stack", b"\x80\x04\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R."
    yield "a frame", b"\x80\x04\x95\x02\0\0\0\0\0\0\0}."
    yield "a memo of protocol 4", b"\x80\x04}\x94."
    yield "a short string", b"\x80\x04}\x8c\x01a" + tensor() + b"s."
    yield "protocol 3", b"\x80\x03" + state(("a", tensor()))[2:]
    yield "protocol 0", b"\x80\x00" + state(("a", tensor()))[2:]
    yield "no protocol", state(("a", tensor()))[2:]
    yield "INST", b"\x80\x02(" + text("id") + b"ios\nsystem\n."
    yield "OBJ", b"\x80\x02(" + function("os", "system") + text("id") + b"o."
    yield "NEWOBJ", b"\x80\x02" + function("os", "system") + text("id") + b"\x85\x81."
    yield "NEWOBJ of an OrderedDict", b"\x80\x02" + function("collections", "OrderedDict") + b")\x81."
    yield "EXT1", b"\x80\x02\x82\x01."
    yield "a persistent id as text", b"\x80\x02Pstorage\n."
    for name, data in [("a number", integer(3)), ("a string", text("storage")), ("an empty tuple", b")"), ("a list", b"]"),
                       ("a module", b"(" + text("module") + text("m") + b"tQ"[:1])]:
        yield f"a persistent id that is {name}", state(("a", data + b"Q"))
    yield "a storage of another tag", state(("a", tensor(storage(tag="module"))))
    yield "an untyped storage", state(("a", tensor(storage("UntypedStorage", elements=24, module="torch.storage"))))
    yield "a storage that is a function", state(("a", tensor(storage("OrderedDict", module="collections"))))
    yield "a storage of complex numbers", state(("a", tensor(storage("ComplexFloatStorage", elements=3), shape=integers([3]), strides=integers([1]))))
    for elements in [5, 7, 0, -1, 2**31, 2**53, 2**62]:
        yield f"a storage of {elements} elements", state(("a", tensor(storage(elements=elements), shape=integers([1]), strides=integers([1]))))
    yield "a storage that is missing", state(("a", tensor(storage(key="9"))))
    for key in ["../data.pkl", "0/", "", "./0", "0\0", "\\0"]:
        yield f"the storage key {json.dumps(key)}", state(("a", tensor(storage(key=key))))
    yield "an unused storage that is missing", state(("a", tensor()), build=b"}" + text("x") + storage(key="9") + b"sb")
    yield "integers without a storage", state(("a", tensor()), ("i", tensor(storage("LongStorage", "9", 3), shape=integers([3]), strides=integers([1]))))
    yield "integers beyond their storage", state(("a", tensor()), ("i", tensor(storage("LongStorage", "1", 3), shape=integers([4]), strides=integers([1]))))
    yield "integers", state(("a", tensor()), ("i", tensor(storage("LongStorage", "1", 3), shape=integers([3]), strides=integers([1]))))
    yield "integers with a gradient", state(("i", tensor(storage("LongStorage", "1", 3), shape=integers([3]), strides=integers([1]), gradient=b"\x88")))
    yield "an integer parameter with a gradient", state(("i", parameter(tensor(storage("LongStorage", "1", 3), shape=integers([3]), strides=integers([1])) + b"\x88" + ORDERED)))
    yield "a storage of two types", state(("a", tensor()), ("b", tensor(storage("IntStorage"))))
    yield "a storage of two float types", state(("a", tensor()), ("b", tensor(storage("HalfStorage", elements=12))))
    yield "a storage of two sizes", state(("a", tensor()), ("b", tensor(storage(elements=5), shape=integers([1]))))
    yield "a dropped tensor beyond its storage", state(("a", tensor()), build=b"}" + text("x") + tensor(shape=integers([9, 9])) + b"sb")
    for name, shape, strides in [("beyond the end", [7], [1]), ("of a stride beyond the end", [2], [6]), ("of a negative size", [-1, 6], [6, 1]),
                                 ("of a negative stride", [2], [-1]), ("of more strides than sizes", [2], [3, 1]), ("of 65 sizes", [1] * 65, [1] * 65),
                                 ("of no sizes", [], []), ("of 2^62 elements", [2**31, 2**31], [0, 0]), ("of an overflowing stride", [2, 2], [2**62, 2**62]),
                                 ("of a wrapping stride", [3, 1], [2**63 - 1, 1]), ("of an overflowing empty shape", [2**40, 2**40, 0], [1, 1, 1]),
                                 ("empty before it overflows", [0, 2**40, 2**40], [1, 1, 1]), ("of 2^53 in an empty shape", [0, 2**53], [1, 1])]:
        yield f"a view {name}", state(("a", tensor(shape=integers(shape), strides=integers(strides))))
    yield "a negative offset", state(("a", tensor(offset=integer(-1), shape=integers([1]), strides=integers([1]))))
    yield "an empty view at an offset beyond the end", state(("a", tensor(offset=integer(100), shape=integers([0]), strides=integers([1]))))
    yield "a size that is a float", state(("a", tensor(shape=b"G" + struct.pack(">d", 6.0) + b"\x85", strides=integers([1]))))
    yield "an offset that is a float", state(("a", tensor(offset=b"G" + struct.pack(">d", 0.0))))
    yield "elements that are a float", state(("a", tensor(storage()[:-12] + b"G" + struct.pack(">d", 6.0) + b"tQ")))
    yield "a size that is True", state(("a", tensor(shape=b"\x88\x85", strides=integers([1]))))
    yield "a size of 10 bytes", state(("a", tensor(shape=b"\x8a\x0a" + b"\xff" * 9 + b"\0\x85", strides=integers([1]))))
    yield "a size of no bytes", state(("a", tensor(shape=b"\x8a\x00\x85", strides=integers([1]))))
    yield "a shape that is a list", state(("a", tensor(shape=b"](" + integer(6) + b"e", strides=integers([1]))))
    yield "a gradient that is a number", state(("a", tensor(gradient=integer(0))))
    yield "a gradient that is None", state(("a", tensor(gradient=b"N")))
    yield "no hooks", state(("a", tensor(hooks=b"N")))
    yield "hooks that are a number", state(("a", tensor(hooks=integer(1))))
    yield "a hook", state(("a", tensor(hooks=b"}" + integer(0) + text("x") + b"s")))
    yield "too few arguments", state(("a", tensor(gradient=b"", hooks=b"")))
    yield "too many arguments", state(("a", tensor(more=b"}N")))
    yield "no metadata", state(("a", tensor(more=b"N")))
    yield "empty metadata", state(("a", tensor(more=b"}")))
    yield "metadata that negate", state(("a", tensor(more=b"}" + text("neg") + b"\x88s")))
    yield "metadata that are a number", state(("a", tensor(more=integer(1))))
    yield "a parameter of a number", state(("a", parameter(integer(1) + b"\x88" + ORDERED)))
    yield "a parameter of two arguments", state(("a", parameter(tensor() + b"\x88")))
    yield "attributes of a dict", b"\x80\x02}" + text("a") + tensor() + b"s}" + text("x") + b"Nsb."
    yield "attributes of a tensor", state(("a", tensor() + b"(" + storage() + integer(0) + integers([6]) + integers([1]) + b"tb"))
    yield "attributes that are a list", state(("a", tensor()), build=b"]b")
    yield "attributes that are None", state(("a", tensor()), build=b"Nb")
    yield "a key twice", state(("a", tensor()), ("a", tensor(offset=integer(1), shape=integers([1]))))
    yield "a key that is a number", b"\x80\x02}" + integer(1) + tensor() + b"s."
    yield "a key that is a list", b"\x80\x02}]" + tensor() + b"s."
    yield "attributes with a key that is a dict", state(("a", tensor()), build=b"}}Nsb")
    yield "a name of a lone surrogate", state((b"\xed\xa0\x80", tensor()))
    yield "a name that is not UTF-8", state((b"\xff", tensor()))
    yield "a name with a byte order mark", state(("\ufeffa", tensor()))
    yield "a name with a NUL", state(("a\0b", tensor()))
    yield "a string beyond the end", b"\x80\x02}X\xff\xff\xff\xffa" + tensor() + b"s."
    yield "nested tensors", state(("a", b"}" + text("b") + tensor() + b"s"))
    yield "a list of tensors", b"\x80\x02](" + tensor() + b"e."
    yield "a tensor", b"\x80\x02" + tensor() + b"."
    yield "nothing", b"\x80\x02N."
    yield "an empty pickle", b""
    yield "no stop", state(("a", tensor()))[:-1]
    yield "bytes behind the stop", state(("a", tensor())) + b"cos\nsystem\n"
    yield "values left on the stack", b"\x80\x02N" + state(("a", tensor()))[2:]
    yield "an open mark", b"\x80\x02(" + state(("a", tensor()))[2:]
    yield "a mark too many closed", b"\x80\x02t" + state(("a", tensor()))[2:]
    yield "a stop within a mark", b"\x80\x02" + ORDERED + b"(" + b"."
    yield "the largest memo index", b"\x80\x02}r\xff\xff\xff\xff" + text("a") + tensor() + b"sj\xff\xff\xff\xff."
    yield "a memo that was never written", b"\x80\x02j\xff\xff\xff\x7f."
    yield "a memo of one value twice", state(("a", tensor() + b"q\0"), ("b", b"h\0"))
    yield "a dict inside itself", b"\x80\x02}q\0" + text("a") + b"h\0s."
    yield "deep tuples", b"\x80\x02)" + b"\x85" * 2000 + b"."
    yield "deep tuples in attributes", state(("a", tensor()), build=b"}" + text("x") + b")" + b"\x85" * 2000 + b"sb")
    yield "a laugh", b"\x80\x02)q\0" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(200)) + b"."
    yield "many marks", b"\x80\x02" + b"(" * 2000 + b"."


def renamed(data, find, put):
    assert len(find) == len(put)
    return data.replace(find, put)


def crafted_archives():
    plain, evil = state(("a", tensor())), state(("evil", tensor()))
    yield "another folder first", archive(plain, first=[("b/x", b"")])
    yield "another folder last", archive(plain, entries=[("b/x", b"")])
    yield "two pickles, the other first", archive(plain, first=[("b/data.pkl", evil)])
    yield "two pickles, the other last", archive(plain, entries=[("b/data.pkl", evil)])
    yield "an empty folder first", archive(plain, first=[("b/", b"")])
    yield "no folder", renamed(archive(plain), b"a/", b"a_")
    yield "a folder in a folder", archive(plain, root="b/a")
    yield "a file beside its folder", archive(plain, entries=[("x", b"1")])
    yield "compressed entries", archive(plain, compress=True)
    yield "a program", archive(plain, entries=[("a/constants.pkl", b"\x80\x02}.")])
    yield "other entries", archive(plain, entries=[("a/notes", b"1")])
    yield "no version", archive(plain, version=None)
    for version in [b"0", b"1", b"2\n", b"10\n", b"11\n", b"", b"3.5", b" 3", b"+3", b"03", b"3 ", b"-3", b"99999999999999999999", b"3\0"]:
        yield f"the version {version!r}", archive(plain, version=version)
    for order in [b"little", b"big", b"LITTLE", b"", b"little\n"]:
        yield f"the byte order {order!r}", archive(plain, entries=[("a/byteorder", order)])
    for alignment in [b"64", b"1", b"", b"x", b"6_4", b" 64", b"-1", b"9" * 30]:
        yield f"the alignment {alignment!r}", archive(plain, entries=[("a/.storage_alignment", alignment)])
    for number in [b"0" * 40, b"", b"\xff"]:
        yield f"the serialization id {number!r}", archive(plain, entries=[("a/.data/serialization_id", number)])
    yield "names in capitals", renamed(archive(plain), b"a/data/0", b"a/DATA/0")
    yield "the same name twice", archive(plain, entries=[("a/data/0", struct.pack("<6f", 9, 9, 9, 9, 9, 9))])
    yield "the same name in capitals", archive(plain, entries=[("a/DATA/0", struct.pack("<6f", 9, 9, 9, 9, 9, 9))])
    yield "a path that climbs out", archive(plain, entries=[("../x", b"1")])
    yield "an absolute path", archive(plain, entries=[("/x", b"1")])
    yield "a wrong checksum", renamed(archive(plain), struct.pack("<6f", 1, 2, 3, -4, 5.5, 6), struct.pack("<6f", 1, 2, 3, -4, 5.5, 7))
    yield "a wrong checksum of an entry that nobody needs", renamed(archive(plain, entries=[("a/notes", b"right")]), b"right", b"wrong")
    # Two directories in one file: the end record shows the first, a ZIP64 end or a second end record the other.
    good, bad = archive(plain), archive(evil)
    good_end, bad_end = good[-22:], bad[-22:]
    start = lambda end: struct.unpack_from("<I", end, 16)[0]
    count, size, offset = struct.unpack_from("<HII", bad_end, 10)
    moved = bytearray(bad[offset:offset + size])
    place = 0
    while place < len(moved):  # the other directory speaks of entries behind the first archive's
        header = struct.unpack_from("<I", moved, place + 42)[0] + start(good_end)
        struct.pack_into("<I", moved, place + 42, header)
        place += 46 + sum(struct.unpack_from("<HHH", moved, place + 28))
    body = good[:start(good_end)] + bad[:offset]
    good_at, bad_at = len(body) + size, len(body)
    good_directory = good[start(good_end):-22]
    end = lambda at, length, comment=b"": struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, length, at, len(comment)) + comment
    zip64 = lambda at, length: struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, length, at)
    locator = lambda at: struct.pack("<IIQI", 0x07064B50, 0, at, 1)
    directories = body + bytes(moved) + good_directory
    yield "a ZIP64 end that agrees", directories + zip64(good_at, len(good_directory)) + locator(len(directories)) + end(good_at, len(good_directory))
    yield "a ZIP64 end of another directory", directories + zip64(bad_at, size) + locator(len(directories)) + end(good_at, len(good_directory))
    hidden = body + zip64(bad_at + 56, size) + bytes(moved)
    record = bytearray(good_directory)
    last = record.rindex(b"PK\x01\x02")
    struct.pack_into("<H", record, last + 32, 20)
    whole = hidden + bytes(record) + locator(len(body))
    yield "a ZIP64 locator in a comment", whole + end(len(hidden), len(record) + 20)
    yield "a second end in the comment", directories + end(good_at, len(good_directory), end(bad_at, size, b"more than it says")[:-8])


def header(value, data=b"", length=None, pad=False):
    content = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode("utf-8")
    if pad:
        content += b" " * (-len(content) % 8)
    return struct.pack("<Q", len(content) if length is None else length) + content + data


def crafted_headers():
    info = lambda dtype="F32", shape=(1,), begin=0, end=4: {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    one = struct.pack("<f", 1.5)
    raw = lambda shape="[1]", offsets="[0,4]", name="a", more="": f'{{"{name}":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}{more}}}}}'
    yield "plain", header({"a": info()}, one)
    yield "padded", header({"a": info()}, one, pad=True)
    yield "no tensors", header("{}")
    yield "a name that is empty", header({"": info()}, one)
    for number in ["1.0", "1e0", "01", "+1", "-0", "1.5", "true", "null", '"1"', "NaN", "18446744073709551616", "1E0", "10e-1", "[1]", "1.00000000000000000001"]:
        yield f"the size {number}", header(raw(shape=f"[{number}]"), one)
        yield f"the offset {number}", header(raw(offsets=f"[{number},5]"), b"\0" + one)
        yield f"the end {number}", header(raw(shape="[0]", offsets=f"[{number},1]"), b"\0")
    for number in ["0.0", "0e0", "-0.0", "-0", "00"]:
        yield f"the offset {number} at the start", header(raw(offsets=f"[{number},4]"), one)
    for name in ["\\ud800", "\\ud83d\\ude42", "\\udc00\\ud800", "\\u0000", "\\u0061", "\\/", "\\x", "\\u00g0", "\t", "__proto__", "constructor", "\u2028"]:
        yield f"the name {name}", header(raw(name=name), one)
        yield f"the metadata {name}", header('{"__metadata__":{"k":"' + name + '"},' + raw()[1:], one)
    for shape in [[2**32, 2**32, 0], [0, 2**32, 2**32], [2**63, 0], [2**64 - 1, 0], [0, 2**53], [2**53], [2**62, 4], [2**61], [0, 0, 0], []]:
        yield f"the shape {shape}", header({"a": info(shape=shape, end=4 if shape == [] else 0)}, one if shape == [] else b"")
    for offsets in [[0, 8], [4, 0], [4, 8], [0, 2**53], [2**53, 2**53 + 4], [2**63, 2**63 + 4], [-4, 0], [0], [0, 4, 8], []]:
        yield f"the offsets {offsets}", header({"a": {"dtype": "F32", "shape": [1], "data_offsets": offsets}}, one)
    yield "an overlap", header({"a": info(), "b": info(begin=2, end=6)}, one + b"\0\0")
    yield "the same data twice", header({"a": info(), "b": info()}, one)
    yield "a hole", header({"a": info(), "b": info(begin=5, end=9)}, one + b"\0" + one)
    yield "disorder", header({"b": info(begin=4, end=8), "a": info()}, one + struct.pack("<f", 2))
    yield "data behind the last tensor", header({"a": info()}, one + b"\0")
    yield "missing data", header({"a": info()}, one[:3])
    yield "an empty tensor at an end", header({"a": info(), "e": info(shape=[0], begin=4, end=4)}, one)
    yield "an empty tensor in the middle of another", header({"a": info(), "e": info(shape=[0], begin=2, end=2)}, one)
    yield "an empty tensor beyond the end", header({"a": info(), "e": info(shape=[0], begin=9, end=9)}, one)
    yield "a name twice", header('{"a":%s,"a":%s}' % (json.dumps(info()), json.dumps(info())), one)
    yield "a name twice, one escaped", header('{"a":%s,"\\u0061":%s}' % (json.dumps(info()), json.dumps(info())), one)
    yield "a dtype twice", header(raw(more=',"dtype":"F32"'), one)
    yield "a metadata key twice", header('{"__metadata__":{"k":"1","k":"2"},' + raw()[1:], one)
    yield "metadata twice", header('{"__metadata__":{},"__metadata__":{},' + raw()[1:], one)
    yield "metadata last", header(raw()[:-1] + ',"__metadata__":{"k":"v"}}', one)
    for value in ["null", "{}", "[]", "1", '"x"', '{"k":1}', '{"k":null}', '{"k":{}}']:
        yield f"metadata that are {value}", header('{"__metadata__":%s,%s' % (value, raw()[1:]), one)
    yield "an unknown field", header(raw(more=',"x":1'), one)
    yield "an unknown field, nested deep", header(raw(more=',"x":' + "[" * 500 + "]" * 500), one)
    yield "a missing dtype", header('{"a":{"shape":[1],"data_offsets":[0,4]}}', one)
    yield "a tensor as a list", header('{"a":["F32",[1],[0,4]]}', one)
    yield "a tensor that is null", header('{"a":null}')
    for dtype, size in [("BOOL", 1), ("U8", 1), ("I8", 1), ("F8_E5M2", 1), ("F8_E4M3", 1), ("F8_E8M0", 1), ("U16", 2), ("I16", 2), ("F16", 2), ("BF16", 2), ("U32", 4),
                        ("I32", 4), ("U64", 8), ("I64", 8), ("F64", 8), ("C64", 8), ("f32", 4), ("F128", 16), ("", 4), ("F4", 1), ("F6_E2M3", 1), ("constructor", 4)]:
        yield f"the dtype {dtype}", header({"a": info(dtype=dtype, end=size)}, (b"\x01" + b"\x3c" * 15)[:size])
    yield "4 bits", header({"a": info(dtype="F4", shape=[2], end=1)}, b"\x12")
    for length in [0, 1, 2, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 1, 100_000_001]:
        yield f"a header of {length} bytes", header({"a": info()}, one, length=length)
    yield "a space before the header", header(" " + raw(), one)
    yield "white space behind the header", header(raw() + " \n\t\r ", one)
    for end in ["\0", "x", "{}", "\u00a0", "\v", "\ufeff", ","]:
        yield f"{json.dumps(end)} behind the header", header(raw() + end, one)
    yield "a byte order mark", header("\ufeff" + raw(), one)
    yield "a comma too many", header(raw()[:-1] + ",}", one)
    yield "a comment", header("{/**/" + raw()[1:], one)
    yield "quotes of one kind", header(raw().replace('"', "'"), one)
    yield "a list", header("[]")
    yield "a name that is not UTF-8", header(raw(name="?").encode().replace(b"?", b"\xff"), one)
    yield "a name of an overlong NUL", header(raw(name="?").encode().replace(b"?", b"\xc0\x80"), one)
    yield "a name of an encoded surrogate", header(raw(name="?").encode().replace(b"?", b"\xed\xa0\x80"), one)
    yield "a header nested deep", header('{"a":' + "[" * 3000)
    yield "nothing", b""
    yield "seven bytes", b"\2\0\0\0\0\0\0"
    yield "a length and nothing", struct.pack("<Q", 0)


def judge_crafted():
    bins = [(f"pickle: {name}", archive(data)) for name, data in crafted_pickles()]
    bins += [(f"archive: {name}", data) for name, data in crafted_archives()]
    headers = list(crafted_headers())
    result = {}
    for kind, judge_one, cases in [("bin", torch_verdict, bins), ("safetensors", safetensors_verdict, headers)]:
        assert len({name for name, _ in cases}) == len(cases), [n for n, _ in cases if [m for m, _ in cases].count(n) > 1]
        verdicts, crashes = judge(judge_one, [data for _, data in cases])
        print(f"crafted {kind}: {len(cases)} files, {verdicts.count('')} refused ({crashes} by a crash), {verdicts.count('~')} unstable")
        result[kind] = [{"name": name, "bytes": base64.b64encode(zlib.compress(data, 9)).decode(), "verdict": verdict}
                        for (name, data), verdict in zip(cases, verdicts)]
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--sources")
    arguments = parser.parse_args()
    if arguments.sources:
        make_sources(arguments.folder, arguments.sources)
    made_with = {"python": sys.version.split()[0], "torch": torch.__version__, "safetensors": safetensors.__version__}
    with open(os.path.join(arguments.folder, "verdicts.json"), "w") as file:
        json.dump({"seed": SEED, "made_with": made_with, "files": judge_damage(arguments.folder)}, file, indent=1)
    with open(os.path.join(arguments.folder, "crafted.json"), "w") as file:
        json.dump(judge_crafted(), file, indent=0)


if __name__ == "__main__":
    main()
