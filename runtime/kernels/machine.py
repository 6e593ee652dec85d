"""The machine that code is made for, and loading object code into this process; needs llvmlite but not numba."""

from __future__ import annotations

from functools import cache

import llvmlite.binding as llvm


@cache
def _initialized() -> bool:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return True


@cache
def host() -> tuple[str, str, str]:
    """Target triple, processor name and processor features of this machine."""
    return (
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )


def target_machine() -> llvm.TargetMachine:
    """A code generator for this machine."""
    _initialized()
    triple, cpu, features = host()
    # INVARIANT: static on x86. The offset table of position independent code is one for all objects of an engine, and
    # the linker's arithmetic on it is wrong for all but one of them: calls then land anywhere.
    reloc = "static" if triple.startswith(("x86", "i386", "i686", "amd64")) else "default"
    return llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=3, jit=True, reloc=reloc, codemodel="jitdefault"
    )


_linked: dict[str, int] = {}
_engines: list[llvm.ExecutionEngine] = []


def linked(symbol: str) -> int:
    """The address of a symbol, 0 if no object that defines it was linked."""
    return _linked.get(symbol, 0)


def link(objects: dict[str, bytes]) -> None:
    """Link objects, keyed by the symbol that each defines, into this process.

    INVARIANT: engines are never given up, since addresses of their code are handed out as plain numbers.
    """
    if objects:
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
        for code in objects.values():
            engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        _engines.append(engine)
        for symbol in objects:
            _linked[symbol] = int(engine.get_function_address(symbol))
