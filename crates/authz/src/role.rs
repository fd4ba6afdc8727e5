//! What an account may act as.

use serde::{Deserialize, Serialize};

/// What an account may act as. One account may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 事務局: keeps the plan and runs the year.
    Secretariat,
    /// 承認者: the second pair of eyes.
    Approver,
    /// 有識者: reads drafts and comments.
    Council,
    /// 組織の担当者: answers for one organisation.
    Member,
    /// 監査者: reads what was done by whom.
    Auditor,
    /// 管理者: organisations and accounts.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Secretariat,
        Self::Approver,
        Self::Council,
        Self::Member,
        Self::Auditor,
        Self::Administrator,
    ];

    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Secretariat => "secretariat",
            Self::Approver => "approver",
            Self::Council => "council",
            Self::Member => "member",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == text)
    }
}
