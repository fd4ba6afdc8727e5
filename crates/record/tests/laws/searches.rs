//! Whatever stands in a text finds it, in whichever spelling; what is kept beside a record sorts as its values do.

use proptest::prelude::*;
use record::{Completeness, Value, fold, index, read_form, sortable, terms, tokens};
use vocab::Number;

use crate::samples::sample;

/// Whether a query finds a text: what a database answers, said in one line.
fn finds(terms: &[String], tokens: &[String]) -> bool {
    terms.iter().all(|term| tokens.contains(term))
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in any::<String>(), kana in "[ぁ-ゖァ-ヺｦ-ﾟ゙ー一-龠㈱①Ａ-ｚ]{0,12}") {
        for text in [text, kana] {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }

    #[test]
    fn every_part_of_a_text_finds_it(text in "[ぁ-んァ-ヶー一-龠・ a-z0-9]{2,24}", from in any::<prop::sample::Index>(), length in 2..9_usize) {
        let chars: Vec<char> = text.chars().collect();
        let from = from.index(chars.len() - 1);
        let to = chars.len().min(from + length);
        let part: String = chars[from..to].iter().filter(|c| !c.is_ascii_alphanumeric()).collect();
        // Letters taken out of the middle would make neighbours of what is none.
        let whole: String = chars[from..to].iter().collect();
        prop_assume!(whole.contains(&part));
        prop_assert!(finds(&terms(&part), &tokens(&text)), "{} in {}", part, text);
    }

    #[test]
    fn one_character_finds_it(text in "[ぁ-ん一-龠]{1,12}", at in any::<prop::sample::Index>()) {
        let chars: Vec<char> = text.chars().collect();
        let one = chars[at.index(chars.len())].to_string();
        prop_assert!(finds(&terms(&one), &tokens(&text)));
    }

    #[test]
    fn keys_sort_as_numbers_do(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000, places in 0..9_i32, more in 0..9_i32) {
        let [a, b] = [(a, places), (b, more)].map(|(n, places)| &Number::from(n) * &Number::power_of_ten(-places));
        let shape = &sample().field("count").unwrap().shape.clone();
        let key = |number: &Number| sortable(shape, &Value::Number(number.clone())).unwrap();
        prop_assert_eq!(a.cmp(&b), key(&a).cmp(&key(&b)), "{} {}", key(&a), key(&b));
    }
}

#[test]
fn spellings_of_one_word_are_one() {
    for (written, typed) in [
        ("ｽﾃﾝﾄ", "ステント"),
        ("ステント", "すてんと"),
        ("サーバー", "サーバ"),
        ("キヤノン", "キャノン"),
        ("ＣＴ装置", "ct装置"),
        ("髙橋", "高橋"),
        ("澤田", "沢田"),
        ("山﨑", "山崎"),
        ("齋藤", "斉藤"),
        ("齊藤", "斎藤"),
        ("國際廣域", "国際広域"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("㈱架空", "(株)架空"),
        ("茅ヶ崎", "茅ケ崎"),
        ("ﾊﾞｲﾊﾟｽ", "バイパス"),
        ("①型", "1型"),
    ] {
        assert_eq!(fold(written), fold(typed), "{written} {typed}");
        assert!(finds(&terms(typed), &tokens(written)), "{typed} in {written}");
    }
}

#[test]
fn words_are_cut_as_they_are_looked_for() {
    assert_eq!(
        tokens("人工心臓 CT-2000"),
        [
            "2", "20", "200", "2000", "c", "ct", "人", "人工", "工", "工心", "心", "心臓", "臓"
        ]
    );
    let found = |query: &str, text: &str| finds(&terms(query), &tokens(text));
    for (query, text, good) in [
        ("心臓", "人工心臓", true),
        ("心 人工", "人工心臓", true),
        ("臓", "人工心臓", true),
        ("心肺", "人工心臓", false),
        ("臓心", "人工心臓", false),
        ("CT", "ct装置", true),
        ("20", "CT-2000", true),
        ("000", "CT-2000", false),
        ("", "CT-2000", true),
        ("心臓 ペース", "心臓ペースメーカ", true),
    ] {
        assert_eq!(found(query, text), good, "{query} in {text}");
    }
}

#[test]
fn what_is_kept_beside_a_record() {
    let kind = sample();
    let controls = [
        ("title", "人工心臓Ａ"),
        ("cause", "parts"),
        ("areas", "診断、検査; 看護"),
        ("count", "-12.5"),
        ("price", "5"),
        ("since", "R8.3.18"),
        ("codes", "09501101020917"),
        ("like", "m-1; other/m-2"),
        ("agreed", "はい"),
        ("rows.1.label", "代替"),
        ("rows.1.of", "m-3"),
        ("rows.1.number", "7"),
    ];
    let controls: Vec<_> = controls
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let read = read_form(&kind, &controls, Completeness::Draft);
    assert_eq!(read.faults, []);
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_debug_snapshot!("index", index(&kind, "org-1", &read.record));
    });
}
