"""What wrk is given to read."""

from bench.workloads import Request, as_lua


def test_a_request_for_wrk_has_its_token_and_its_body_as_json():
    (_, line, _, _) = as_lua([Request("POST", "/items", {"name": 'a "pen"'})], "abc").split("\n")
    assert line.strip() == (
        "wrk.format([==[POST]==], [==[/items]==], {[ [==[Accept]==] ] = [==[application/json]==],"
        " [ [==[Authorization]==] ] = [==[Bearer abc]==], [ [==[Content-Type]==] ] = [==[application/json]==]},"
        ' [==[{"name": "a \\"pen\\""}]==]),'
    )


def test_a_request_without_a_token_or_a_body_has_neither_header():
    assert as_lua([Request("GET", "/items")], "").split("\n")[1].strip() == (
        "wrk.format([==[GET]==], [==[/items]==], {[ [==[Accept]==] ] = [==[application/json]==]}, nil),"
    )
