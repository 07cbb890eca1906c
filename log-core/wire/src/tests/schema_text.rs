//! The parser of the schema, which otherwise runs only when the crate is built.

#[allow(dead_code, reason = "the generator uses the rest")]
#[path = "../../build/parse.rs"]
mod parse;
#[allow(dead_code, reason = "the generator uses the rest")]
#[path = "../../build/schema.rs"]
mod schema;

use schema::{Group, Type, Versions};

const API: &str = "\
api 7 Echo 1-4 flexible 3+ advertised 0-4   # a comment

request
  Text string null 2+
  Extra []Part 2-3
    Size int32 = -1
    Note string 3+ ignorable
  Hint int8 tag 0 3+

response
  Parts []Part
  struct Part
    Id uuid
";

fn api() -> schema::Api {
    match parse::file(API) {
        Ok(Group::Api(api)) => api,
        other => panic!("{other:?}"),
    }
}

#[test]
fn versions_come_from_the_surrounding_struct() {
    let api = api();
    assert_eq!((api.key, api.name.as_str(), api.advertised), (7, "Echo", Versions { first: 0, last: 4 }));
    let request = &api.request;
    assert_eq!((request.name(), request.versions, request.flexible_from), ("EchoRequest", Versions { first: 1, last: 4 }, Some(3)));
    let [text, extra, hint] = &request.structs[0].fields[..] else { panic!("three fields") };
    assert_eq!((text.versions.first, text.nullable), (1, Some(Versions { first: 2, last: 4 })));
    assert_eq!(extra.ty, Type::Array(Box::new(Type::Struct("Part".to_owned()))));
    assert_eq!((hint.versions.first, hint.tag.unwrap().number), (3, 0));
    let part = request.find("Part").unwrap();
    assert_eq!(part.fields[0].versions, Versions { first: 2, last: 3 });
    assert_eq!((part.fields[1].versions, part.fields[1].ignorable), (Versions { first: 3, last: 3 }, true));
    assert_eq!(api.response.find("Part").unwrap().fields[0].name, "Id");
}

#[test]
fn mistakes_are_refused_with_their_line() {
    let cases = [
        ("", 1, "the file says nothing"),
        ("thing 1 A 0", 1, "a file starts with 'api', 'record' or 'data', not with 'thing'"),
        ("api x A 0", 1, "'x' is no api key"),
        ("api 1 A", 1, "versions are missing"),
        ("data A 2-1\n  B int8", 1, "versions 2-1 are outside of 0 to 32767"),
        ("data A 0 flexible 1+\n  B int8", 1, "versions 1+ are outside of 0 to 0"),
        ("data A 0 more\n  B int8", 1, "unexpected 'more'"),
        (
            "api 1 A 0\nresponse\n  B int8\nrequest\n  B int8",
            1,
            "sections are [\"request\", \"response\"], not [\"response\", \"request\"]",
        ),
        ("api 1 A 0\nrequest 1\nresponse", 2, "request and response have the versions of the first line"),
        ("data A 0\n   B int8", 2, "indentation is two blanks a level"),
        ("data A 0\n    B int8", 2, "indented too far"),
        ("data A 0\n  B", 2, "the type is missing"),
        ("data A 0-1\n  B int8 2", 2, "versions 2 are outside of 0 to 1"),
        ("data A 0\n  B int8 null", 2, "a type of fixed size is never null"),
        ("data A 0\n  B int8 odd", 2, "unexpected 'odd'"),
        ("data A 0\n  B int8 tag 0", 2, "only flexible versions have tags"),
        ("data A 0-1 flexible 1+\n  B int8 tag 0", 2, "only flexible versions have tags"),
        ("data A 0\n  B int8\n  B int8", 3, "B is there twice"),
        ("data A 0\n  B int8\n    C int8", 2, "only structs have fields"),
        ("data A 0\n  B C", 1, "nobody defines C"),
        ("data A 0\n  B C\n  struct C\n    D []C", 1, "C holds itself"),
        ("data A 0\n  B C\n    D int8\n  struct C\n    D int8", 4, "C is defined twice"),
        ("data A 0\n  B int8\n  struct C", 3, "C has no fields"),
        ("record 1 A\nkey 0\n  B int8\nvalue\n  B int8", 4, "versions are missing"),
    ];
    for (text, line, what) in cases {
        let refused = parse::file(text).err().unwrap_or_else(|| panic!("taken: {text}"));
        assert_eq!((refused.line, refused.what.as_str()), (line, what), "{text}");
    }
}
