"""Types of the module for editors and type checkers: what is public in the generated code, without its bodies.

    stubs.py GENERATED.py > szid/__init__.pyi

The generated code gives every argument with a default the type `Union[object, T]`, which takes anything; here it is `T`.
"""

import ast
import sys

HEAD = "import datetime\nimport enum\nimport typing\n"


def is_public(name):
    return not name.startswith("_") or name == "__init__"


def type_of(annotation):
    """Without the `object` that stands for a default."""
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "typing.Union":
        first, *others = annotation.slice.elts
        if ast.unparse(first) == "object" and len(others) == 1:
            return others[0]
    return annotation


def signature(function):
    """The function with types alone; nothing where it is a constructor that cannot be called."""
    arguments = function.args
    if arguments.vararg:
        return None
    for argument in arguments.args + arguments.kwonlyargs:
        if argument.annotation:
            argument.annotation = type_of(argument.annotation)
    ellipsis = ast.Constant(...)
    arguments.defaults = [ellipsis for _ in arguments.defaults]
    arguments.kw_defaults = [default and ellipsis for default in arguments.kw_defaults]
    if function.name == "__init__":
        function.returns = ast.Constant(None)
    function.body = doc_of(function) or []
    function.body.append(ast.Expr(ellipsis))
    return function


def doc_of(node):
    text = ast.get_docstring(node)
    return [ast.Expr(ast.Constant(text))] if text else []


def member(node):
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if is_public(node.name):
            return signature(node)
        case ast.ClassDef() if is_public(node.name):
            return class_of(node)
        case ast.AnnAssign(target=ast.Name(id=name)) if is_public(name):
            return ast.AnnAssign(node.target, type_of(node.annotation), None, 1)
        case ast.Assign(targets=[ast.Name(id=name)]) if is_public(name):
            return node


def is_field(node, named):
    return isinstance(node, ast.AnnAssign) and node.target.id in named


def is_case(node):
    """A case of an error: it derives from the error's name of before it was complete."""
    return any(ast.unparse(base).startswith("_UniffiTemp") for base in node.bases)


def case_of(error, node):
    """A case says in its constructor what it carries; `advice` is what every one has."""
    node.bases = [ast.Name(error)]
    init = next(found for found in node.body if getattr(found, "name", None) == "__init__")
    for argument in init.args.args[1:]:
        argument.annotation = ast.Name("Advice" if argument.arg == "advice" else "typing.Any")
    carried = [ast.AnnAssign(ast.Name(one.arg), one.annotation, None, 1) for one in init.args.args[1:]]
    node.body = doc_of(node) + carried + [signature(init)]
    return node


def error_of(first, cases):
    """An error is generated as a base and once more with its cases in it."""
    name = first.name
    advice = [ast.AnnAssign(ast.Name("advice"), ast.Name("Advice"), None, 1)]
    nested = [case_of(name, node) for node in cases.body if isinstance(node, ast.ClassDef) and is_case(node)]
    has_advice = any(isinstance(node, ast.AnnAssign) for case in nested for node in case.body)
    first.body = doc_of(first) + (advice if has_advice else []) + nested or [ast.Expr(ast.Constant(...))]
    return first


def public_classes(body):
    found = {}
    for node in body:
        if not isinstance(node, ast.ClassDef) or not is_public(node.name):
            continue
        before = found.get(node.name)
        found[node.name] = error_of(before, node) if before else node
    errors = [node for node in found.values() if any(ast.unparse(base) == "Exception" for base in node.bases)]
    return [node if node in errors else class_of(node) for node in found.values()]


def fields_of(node):
    """What a record carries is said by its constructor alone."""
    init = next((found for found in node.body if getattr(found, "name", None) == "__init__"), None)
    named = init.args.kwonlyargs if init else []
    return [ast.AnnAssign(ast.Name(one.arg), type_of(one.annotation), None, 1) for one in named if one.annotation]


def class_of(node):
    is_record = any(ast.unparse(one) == "dataclass" for one in node.decorator_list)
    node.decorator_list = []
    fields = fields_of(node) if is_record else []
    named = {field.target.id for field in fields}
    members = [found for found in map(member, node.body) if found and not is_field(found, named)]
    members = fields + members
    node.body = doc_of(node) + members or [ast.Expr(ast.Constant(...))]
    return node


def stubs(source):
    tree = ast.parse(source)
    exported = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__"
    )
    module = ast.Module(public_classes(tree.body), [])
    return f"{HEAD}\n__all__ = {exported!r}\n\n{ast.unparse(ast.fix_missing_locations(module))}\n"


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as generated:
        sys.stdout.write(stubs(generated.read()))
