#!/usr/bin/env python3
"""What Python's own readers say of damaged files: the verdicts that test/hostile-files.test.ts holds the studio's readers to.

  python hostile_verdicts.py FOLDER [--sources SAVED_ADAPTER]

FOLDER   test/fixtures/hostile. Reads the source files there, damages each some thousand times and writes verdicts.json;
         writes crafted.json, small files that are wrong on purpose, with their verdicts.
SOURCES  a folder with `<name>.zip` and `safetensors/adapter.safetensors` of one saved adapter; makes the source files
         afresh before all else. Left out, the source files stay as they are.

A `.bin` is judged by torch.load(weights_only=True, map_location="cpu"), a `.safetensors` by safetensors.torch.load. A verdict
is "" where Python refuses, else eight bytes (base64) of a SHA-256 over the floating-point tensors: for each, by name, the name,
the shape and the float32 values with the quiet bit of NaNs set. "=" stands for the verdict of the undamaged file, "~" for a
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
        bits[(bits & 0x7FFFFFFF) > 0x7F800000] |= 0x00400000
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


if __name__ == "__main__":
    main()
