//! The enum of API keys and its tables.

use crate::schema::{Api, Versions};
use std::fmt::Write;

pub(crate) fn api_keys(apis: &[Api]) -> String {
    let mut code = String::new();
    let range = |versions: Versions| format!("VersionRange::new({}, {})", versions.first, versions.last);
    code += "/// The APIs that are served, each with its key on the wire.\n";
    code += "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(i16)]\npub enum ApiKey {\n";
    for api in apis {
        let _ = writeln!(code, "/// {}, versions {} to {}.", api.name, api.request.versions.first, api.request.versions.last);
        let _ = writeln!(code, "{} = {},", api.name, api.key);
    }
    code += "}\nimpl ApiKey {\n/// Every API, by key.\npub const ALL: &'static [ApiKey] = &[\n";
    for api in apis {
        let _ = writeln!(code, "ApiKey::{},", api.name);
    }
    code += "];\n/// The API of this key, if it is served.\npub const fn of(key: i16) -> Option<ApiKey> {\nSome(match key {\n";
    for api in apis {
        let _ = writeln!(code, "{} => ApiKey::{},", api.key, api.name);
    }
    code += "_ => return None,\n})\n}\nconst fn facts(self) -> Facts {\nmatch self {\n";
    for api in apis {
        let flexible = match api.request.flexible_from {
            Some(from) => format!("Some({from})"),
            None => "None".to_owned(),
        };
        let _ = writeln!(
            code,
            "ApiKey::{} => Facts {{ name: \"{}\", versions: {}, advertised: {}, flexible_from: {flexible} }},",
            api.name,
            api.name,
            range(api.request.versions),
            range(api.advertised)
        );
    }
    code += "}\n}\n}\n";
    code
}
