//! The 47 prefectures by their JIS X 0401 code.

use std::fmt;
use std::str::FromStr;

use super::text::{self, Form, serde_as_text};
use crate::lang::Lang;
use crate::refusal::Refusal;

/// A prefecture (都道府県). Text form: its two-digit code, `13`. Also read from its name: 東京都, 東京, Tokyo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefecture(u8);

/// Names in the order of the codes, from 01.
const NAMES: [(&str, &str); 47] = [
    ("北海道", "Hokkaido"),
    ("青森県", "Aomori"),
    ("岩手県", "Iwate"),
    ("宮城県", "Miyagi"),
    ("秋田県", "Akita"),
    ("山形県", "Yamagata"),
    ("福島県", "Fukushima"),
    ("茨城県", "Ibaraki"),
    ("栃木県", "Tochigi"),
    ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"),
    ("千葉県", "Chiba"),
    ("東京都", "Tokyo"),
    ("神奈川県", "Kanagawa"),
    ("新潟県", "Niigata"),
    ("富山県", "Toyama"),
    ("石川県", "Ishikawa"),
    ("福井県", "Fukui"),
    ("山梨県", "Yamanashi"),
    ("長野県", "Nagano"),
    ("岐阜県", "Gifu"),
    ("静岡県", "Shizuoka"),
    ("愛知県", "Aichi"),
    ("三重県", "Mie"),
    ("滋賀県", "Shiga"),
    ("京都府", "Kyoto"),
    ("大阪府", "Osaka"),
    ("兵庫県", "Hyogo"),
    ("奈良県", "Nara"),
    ("和歌山県", "Wakayama"),
    ("鳥取県", "Tottori"),
    ("島根県", "Shimane"),
    ("岡山県", "Okayama"),
    ("広島県", "Hiroshima"),
    ("山口県", "Yamaguchi"),
    ("徳島県", "Tokushima"),
    ("香川県", "Kagawa"),
    ("愛媛県", "Ehime"),
    ("高知県", "Kochi"),
    ("福岡県", "Fukuoka"),
    ("佐賀県", "Saga"),
    ("長崎県", "Nagasaki"),
    ("熊本県", "Kumamoto"),
    ("大分県", "Oita"),
    ("宮崎県", "Miyazaki"),
    ("鹿児島県", "Kagoshima"),
    ("沖縄県", "Okinawa"),
];

const FORM: Form = Form {
    ja: "都道府県は01（北海道）から47（沖縄県）までの2桁のコードか名称です",
    en: "A prefecture is a two-digit code from 01 (Hokkaido) to 47 (Okinawa), or its name",
    example: "13",
};

impl Prefecture {
    /// All prefectures in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=47).map(Self)
    }

    /// The code as a number, 1 to 47.
    pub fn code(self) -> u8 {
        self.0
    }

    /// The name: 東京都, Tokyo.
    pub fn name(self, lang: Lang) -> &'static str {
        let (ja, en) = NAMES
            .get(usize::from(self.0).wrapping_sub(1))
            .copied()
            .unwrap_or_default();
        match lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }
}

impl fmt::Display for Prefecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

impl FromStr for Prefecture {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text = text::fold(text);
        if text::is_digits(&text, 2) {
            let code = text.parse().ok().filter(|code| (1..=47).contains(code));
            return code.map(Self).ok_or_else(|| FORM.refuse(&text));
        }
        let called = |p: &Self| {
            let ja = p.name(Lang::Ja);
            text == ja
                || (ja != "北海道" && ja.strip_suffix(['都', '府', '県']) == Some(&text))
                || text.eq_ignore_ascii_case(p.name(Lang::En))
        };
        Self::all().find(called).ok_or_else(|| FORM.refuse(&text))
    }
}

serde_as_text!(Prefecture);
