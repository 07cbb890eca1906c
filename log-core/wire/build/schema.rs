//! What a schema file says, as plain values. Parsing is in `parse.rs`, code in `emit/`.

/// A run of versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) first: i16,
    pub(crate) last: i16,
}

impl Versions {
    pub(crate) fn contains(self, version: i16) -> bool {
        (self.first..=self.last).contains(&version)
    }

    pub(crate) fn within(self, outer: Versions) -> bool {
        outer.contains(self.first) && outer.contains(self.last)
    }
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A type of fixed size: its name in the schema, in Rust, and its bytes.
    Fixed {
        name: &'static str,
        rust: &'static str,
        bytes: usize,
    },
    String,
    Bytes,
    Records,
    Struct(String),
    Array(Box<Type>),
}

/// The tag of a field and the versions in which it is tagged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    pub(crate) number: u32,
    pub(crate) versions: Versions,
}

/// One field of a struct.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) versions: Versions,
    pub(crate) nullable: Option<Versions>,
    pub(crate) tag: Option<Tag>,
    pub(crate) default: Option<String>,
    pub(crate) ignorable: bool,
}

/// A struct: the message itself or one inside it.
#[derive(Clone, Debug)]
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) versions: Versions,
    pub(crate) fields: Vec<Field>,
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Request,
    Response,
    Key,
    Value,
    Data,
}

/// A message: `structs[0]` is the message itself.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) role: Role,
    /// API key or record type; data has none.
    pub(crate) code: Option<i16>,
    pub(crate) versions: Versions,
    pub(crate) flexible_from: Option<i16>,
    pub(crate) structs: Vec<Struct>,
}

impl Message {
    pub(crate) fn name(&self) -> &str {
        &self.structs[0].name
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|it| it.name == name)
    }

    pub(crate) fn is_flexible(&self, version: i16) -> bool {
        self.flexible_from.is_some_and(|from| version >= from)
    }
}

/// An API: its request and its response.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) key: i16,
    pub(crate) name: String,
    pub(crate) advertised: Versions,
    pub(crate) request: Message,
    pub(crate) response: Message,
}

/// The content of one file.
#[derive(Debug)]
pub(crate) enum Group {
    Api(Api),
    Record(Vec<Message>),
}

/// What is wrong with a schema, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SchemaError {
    pub(crate) line: usize,
    pub(crate) what: String,
}
