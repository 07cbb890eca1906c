//! The SCRAM credentials of users, each a setting named `scram/<mechanism>/<user>`. What they hold never leaves the node.

use crate::node::core::Core;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A mechanism, by its number on the wire (`org.apache.kafka.clients.admin.ScramMechanism`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i8)]
pub(super) enum ScramMechanism {
    Sha256 = 1,
    Sha512 = 2,
}

impl ScramMechanism {
    const ALL: [ScramMechanism; 2] = [ScramMechanism::Sha256, ScramMechanism::Sha512];

    pub(super) fn from_i8(number: i8) -> Option<ScramMechanism> {
        ScramMechanism::ALL.into_iter().find(|mechanism| mechanism.as_i8() == number)
    }

    pub(super) fn as_i8(self) -> i8 {
        self as i8
    }

    fn name(self) -> &'static str {
        match self {
            ScramMechanism::Sha256 => "SCRAM-SHA-256",
            ScramMechanism::Sha512 => "SCRAM-SHA-512",
        }
    }
}

/// What proves that a user knows the password (RFC 5802): the password itself is not known here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ScramCredential {
    pub(super) salt: Vec<u8>,
    pub(super) salted_password: Vec<u8>,
    pub(super) iterations: i32,
}

impl fmt::Debug for ScramCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramCredential").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// The name of the setting that holds a user's credential.
pub(super) fn setting_name(user: &str, mechanism: ScramMechanism) -> String {
    format!("scram/{}/{user}", mechanism.name())
}

/// A user's credential.
pub(super) fn credential(core: &Core, user: &str, mechanism: ScramMechanism) -> Option<ScramCredential> {
    core.settings.get(&setting_name(user, mechanism))
}

/// The iterations of all credentials, by user and mechanism.
pub(super) fn iterations(core: &Core) -> BTreeMap<String, BTreeMap<ScramMechanism, i32>> {
    let mut users = BTreeMap::<String, BTreeMap<ScramMechanism, i32>>::new();
    for mechanism in ScramMechanism::ALL {
        for (user, credential) in core.settings.under::<ScramCredential>(&setting_name("", mechanism)) {
            users.entry(user).or_default().insert(mechanism, credential.iterations);
        }
    }
    users
}
