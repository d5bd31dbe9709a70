"""From a trace to readable Python source.

    insert_copies                  which stores may happen in place          copies.py, ownership.py, roots.py,
                                                                             sharing.py, within.py
    follow_shapes                  sizes read from the newest version        shapes.py
    inline_values                  what is nested into its one use           nesting.py
    Variables, Names               leaving SSA                               places.py, names.py
    FunctionWriter                 statements                                source.py, spelling.py
    to_source                      text, by astor                            printer.py
"""

from s2sad.emit.module import emit, parameters, written

__all__ = ["emit", "parameters", "written"]
