//! The page that shows every component and every chart. All its data are invented and say so; it is the one page without messages of its
//! own, because its words are samples.

use askama::Template;
use vocab::{Calendar, Lang};

use super::{
    Chart, Choice, Column, Download, Field, Figure, IndicatorCard, Link, Section, Shell, Step, StepState,
    Table, Term, Tree, TreeNode,
};
use crate::chart::{
    About, Bar, BarCounts, Change, ChangeKind, FanYear, LineFan, Mark, Share, ShareBar, Sparkline, Swing,
    Tile, TileMap, Tornado, Waterfall, bar_counts, line_fan, share_bar, sparkline, tile_map, tornado,
    waterfall,
};
use crate::i18n::Texts;

#[derive(Template)]
#[template(path = "components/gallery.html")]
struct Gallery<'a> {
    t: Texts<'a>,
    shell: Shell,
    words: Words<'a>,
    cards: Vec<IndicatorCard>,
    terms: Vec<Term>,
    table: Table,
    fields: Vec<Field>,
    radio: Field,
    select: Field,
    steps: Vec<Step>,
    files: Vec<Download>,
    nodes: Vec<TreeNode>,
    charts: Vec<Chart>,
}

impl Gallery<'_> {
    fn tree(&self) -> Tree<'_> {
        Tree {
            nodes: &self.nodes,
            prefix: "tree".into(),
        }
    }
}

/// Picks the language of a sample.
#[derive(Clone, Copy)]
struct Words<'a>(Texts<'a>);

impl Words<'_> {
    fn say(self, ja: &str, en: &str) -> String {
        match self.0.lang() {
            Lang::Ja => ja.to_owned(),
            Lang::En => en.to_owned(),
        }
    }
}

/// The page, in the language of the texts.
///
/// # Errors
/// Only what the template engine reports.
pub fn gallery(t: Texts<'_>) -> Result<String, askama::Error> {
    let words = Words(t);
    let page = Gallery {
        t,
        shell: Shell {
            made_up: false,
            title: words.say("部品一覧（架空データ）", "Components (invented data)"),
            path: "/gallery".into(),
            section: Section::Data,
            crumbs: vec![Link::to(t.text("nav-data"), t.path("/api"))],
            as_of: t.date(jiff::civil::date(2026, 3, 18)),
            source: Link::plain(words.say("架空データ", "Invented data")),
            person: None,
            token: String::new(),
        },
        cards: cards(words),
        terms: vec![
            Term::new(words.say("単位", "Unit"), t.unit("兆円")),
            Term::new(
                words.say("更新の頻度", "Frequency"),
                words.say("毎年度", "Every fiscal year"),
            ),
            Term {
                name: words.say("出典", "Sources"),
                values: vec![
                    Link::to(
                        words.say("架空統計 第1表", "Invented statistics, table 1"),
                        "#tables",
                    ),
                    Link::plain(words.say("架空調査", "Invented survey")),
                ],
            },
        ],
        table: table(words),
        fields: fields(words),
        radio: Field {
            name: "calendar".into(),
            label: words.say("暦の種類", "Calendar"),
            support: words.say(
                "年度は4月から3月まで。",
                "A fiscal year runs from April to March.",
            ),
            value: "fiscal".into(),
            choices: vec![
                Choice::new("fiscal", words.say("年度", "Fiscal year")),
                Choice::new("calendar", words.say("暦年", "Calendar year")),
            ],
            ..Field::default()
        },
        select: Field {
            name: "policy".into(),
            label: words.say("政策", "Policy"),
            choices: vec![
                Choice::new("1", words.say("政策1", "Policy 1")),
                Choice::new("2", words.say("政策2", "Policy 2")),
            ],
            ..Field::default()
        },
        steps: steps(words),
        files: downloads(words),
        nodes: nodes(words),
        charts: charts(t),
        words,
    };
    page.render()
}

fn cards(words: Words<'_>) -> Vec<IndicatorCard> {
    let t = words.0;
    let card = |n: usize, title: String, number: &str, unit: &str, target: f64, findings| IndicatorCard {
        href: "#charts".into(),
        code: format!("KGI {n}"),
        title,
        figure: Figure {
            name: words.say("目標（2040年度）", "Target (FY2040)"),
            number: number.into(),
            unit: t.unit(unit),
        },
        facts: vec![
            Term::new(
                words.say("最新", "Latest"),
                words.say("架空 10（2024年度）", "Invented 10 (FY2024)"),
            ),
            Term::new(
                words.say("必要な伸び", "Growth required"),
                t.amount("6.7", "%/年"),
            ),
            Term::new(
                words.say("達成の見込み", "Chance of reaching it"),
                words.say("約 40%", "about 40%"),
            ),
        ],
        spark: sparkline(&Sparkline {
            id: format!("spark-{n}"),
            description: t.with(
                "chart-spark",
                &[
                    ("from", words.say("2021年度", "FY2021").into()),
                    ("to", words.say("2024年度", "FY2024").into()),
                ],
            ),
            observed: vec![
                (2021, Some(8.1)),
                (2022, Some(8.8)),
                (2023, None),
                (2024, Some(9.2)),
                (2025, Some(10.1)),
            ],
            target: Some((2040, target)),
        }),
        findings,
    };
    vec![
        card(
            1,
            words.say("架空の市場規模", "Invented market size"),
            "28",
            "兆円",
            28.0,
            4,
        ),
        card(
            2,
            words.say("架空の研究開発投資", "Invented R&D investment"),
            "4.2",
            "兆円/年",
            14.2,
            1,
        ),
        card(
            3,
            words.say(
                "架空の国内起点の革新的な機器の件数",
                "Invented count of innovative devices",
            ),
            "8",
            "件/年",
            18.0,
            0,
        ),
    ]
}

fn table(words: Words<'_>) -> Table {
    let row = |name: String, figures: [&str; 4]| {
        let mut row = vec![Link::to(name, "#charts")];
        row.extend(figures.map(Link::plain));
        row
    };
    Table {
        id: "sample-table".into(),
        caption: words.say("架空の売上（億円）", "Invented sales (hundred million yen)"),
        columns: vec![
            Column::words(words.say("区分", "Group")),
            Column::figures(words.say("2022年度", "FY2022")),
            Column::figures(words.say("2023年度", "FY2023")),
            Column::figures(words.say("2024年度", "FY2024")),
            Column::words(words.say("注記", "Note")),
        ],
        rows: vec![
            row(
                words.say("架空区分 甲", "Invented group A"),
                ["1,240", "1,310", "1,402", ""],
            ),
            row(
                words.say("架空区分 乙", "Invented group B"),
                ["98", "0", "12", words.say("少数", "few").as_str()],
            ),
        ],
    }
}

fn fields(words: Words<'_>) -> Vec<Field> {
    vec![
        Field {
            name: "growth".into(),
            label: words.say("年平均成長率", "Growth a year"),
            support: words.say("報告書では 6.7%。", "The report says 6.7%."),
            value: "6.7".into(),
            unit: "%".into(),
            ..Field::default()
        },
        Field {
            name: "year".into(),
            label: words.say("基準の年度", "Base year"),
            error: words.say(
                "平成32年度はありません。令和2年度と書いてください。",
                "There is no year 32 of Heisei. Write year 2 of Reiwa.",
            ),
            value: words.say("平成32年度", "H32"),
            required: true,
            ..Field::default()
        },
    ]
}

fn steps(words: Words<'_>) -> Vec<Step> {
    [
        (words.say("調査", "Survey"), StepState::Done),
        (words.say("計算", "Calculation"), StepState::Current),
        (words.say("公表", "Publication"), StepState::Ahead),
    ]
    .map(|(name, state)| Step {
        link: Link::plain(name),
        state,
    })
    .into()
}

fn downloads(words: Words<'_>) -> Vec<Download> {
    ["CSV", "JSON", "Excel"]
        .map(|kind| Download {
            link: Link::to(words.say("架空の系列", "Invented series"), "#downloads"),
            kind: kind.into(),
            note: words.say("16行", "16 rows"),
        })
        .into()
}

fn nodes(words: Words<'_>) -> Vec<TreeNode> {
    let t = words.0;
    let leaf = |label: String, value: String, note: String| TreeNode {
        label,
        value,
        note,
        source: Link::to(
            words.say("架空統計 第1表", "Invented statistics, table 1"),
            "#tables",
        ),
        ..TreeNode::default()
    };
    vec![TreeNode {
        label: words.say("架空の市場規模（2040年度）", "Invented market size (FY2040)"),
        value: t.amount("28.23", "兆円"),
        note: words.say("今の規模に伸びを掛ける", "Today's size times its growth"),
        open: true,
        children: vec![
            TreeNode {
                label: words.say("今の規模", "Size today"),
                value: t.amount("10.08", "兆円"),
                formula: "7.3兆円 / 72.4%".into(),
                children: vec![
                    leaf(
                        words.say("26社の売上", "Sales of 26 firms"),
                        t.amount("7.3", "兆円"),
                        String::new(),
                    ),
                    leaf(
                        words.say("集中度", "Concentration"),
                        "72.4%".into(),
                        String::new(),
                    ),
                ],
                ..TreeNode::default()
            },
            leaf(
                words.say("伸び", "Growth"),
                t.amount("6.7", "%/年"),
                words.say("16年続くとみる", "Taken to last sixteen years"),
            ),
        ],
        ..TreeNode::default()
    }]
}

fn charts(t: Texts<'_>) -> Vec<Chart> {
    let words = Words(t);
    let about = |id: &str, title: String, unit: &str| About {
        id: id.into(),
        description: words.say(
            "架空データによる見本。数値は下の表にある。",
            "A sample on invented data; the table holds its figures.",
        ),
        title,
        unit: t.unit(unit),
    };
    vec![
        line_fan(&sample_fan(about("fan", words.say("架空の市場規模", "Invented market size"), "兆円"), t), t),
        bar_counts(
            &BarCounts {
                about: about("counts", words.say("架空の保険適用件数", "Invented cases covered"), "件"),
                calendar: Calendar::Fiscal,
                bars: [(2021, Some(3)), (2022, None), (2023, Some(0)), (2024, Some(2)), (2025, Some(4))]
                    .map(|(year, count)| Bar {
                        year,
                        count,
                        interval: count.map(sample_interval),
                        partial: year == 2025,
                    })
                    .into(),
                required: vec![(2025, 4.0), (2030, 5.33), (2035, 6.67), (2040, 8.0)],
                target: Some(Mark { year: 2040, value: 8.0, text: t.amount("8", "件") }),
            },
            t,
        ),
        tornado(
            &Tornado {
                about: about("swings", words.say("架空の感度", "Invented sensitivity"), "兆円"),
                base: 28.23,
                swings: vec![
                    Swing {
                        name: words.say("年平均成長率（5.7～7.7%）", "Growth a year (5.7 to 7.7%)"),
                        low: 24.27,
                        high: 32.75,
                    },
                    Swing {
                        name: words.say(
                            "上位26社の集中度（70.0～74.8%）の見方をどこまで変えるかという長い名前の前提",
                            "Concentration of the top 26 firms (70.0 to 74.8%), with a rather long name for a row",
                        ),
                        low: 29.2,
                        high: 27.33,
                    },
                    Swing { name: words.say("26社の売上（7.25～7.35兆円）", "Sales of 26 firms"), low: 28.04, high: 28.42 },
                ],
            },
            t,
        ),
        waterfall(
            &Waterfall {
                about: about("restated", words.say("架空の再計算の内訳", "Invented re-statement"), "兆円"),
                changes: [
                    (words.say("前の版", "Earlier edition"), 28.0, ChangeKind::Total),
                    (words.say("データ", "Data"), 1.4, ChangeKind::Change),
                    (words.say("方法", "Method"), -0.9, ChangeKind::Change),
                    (words.say("前提", "Assumptions"), 2.1, ChangeKind::Change),
                    (words.say("新しい版", "New edition"), 30.6, ChangeKind::Total),
                ]
                .map(|(name, value, kind)| Change { name, value, kind })
                .into(),
            },
            t,
        ),
        share_bar(
            &ShareBar {
                about: about("shares", words.say("架空の分散の内訳", "Invented shares of variance"), ""),
                shares: [
                    (words.say("成長率", "Growth"), 62.0),
                    (words.say("集中度", "Concentration"), 21.0),
                    (words.say("売上", "Sales"), 12.0),
                    (words.say("為替", "Exchange rate"), 5.0),
                ]
                .map(|(name, value)| Share { name, value })
                .into(),
            },
            t,
        ),
        tile_map(&TileMap { about: about("tiles", words.say("架空の報告件数", "Invented reports"), "件"), tiles: sample_tiles(t) }, t),
    ]
}

fn sample_fan(about: About, t: Texts<'_>) -> LineFan {
    let years = |from: i32| (from..=2040).map(move |year| (year, f64::from(year - 2024)));
    let fan = |(year, ahead): (i32, f64)| {
        let median = 10.08 * 1.05_f64.powf(ahead);
        let spread = |share: f64| {
            (
                median * (1.0 - share * ahead.sqrt()),
                median * (1.0 + share * ahead.sqrt() * 1.2),
            )
        };
        FanYear {
            year,
            band95: spread(0.09),
            band80: spread(0.055),
            band50: spread(0.03),
            median,
        }
    };
    LineFan {
        about,
        calendar: Calendar::Fiscal,
        observed: vec![
            (2018, Some(7.9)),
            (2019, Some(8.2)),
            (2020, Some(7.6)),
            (2021, None),
            (2022, Some(9.0)),
            (2023, Some(9.6)),
            (2024, Some(10.08)),
        ],
        required: years(2024)
            .map(|(year, ahead)| (year, 10.08 * 1.067_f64.powf(ahead)))
            .collect(),
        implied: years(2024)
            .map(|(year, ahead)| (year, 10.08 * 1.042_f64.powf(ahead)))
            .collect(),
        fan: years(2024).map(fan).collect(),
        target: Some(Mark {
            year: 2040,
            value: 28.0,
            text: t.amount("28", "兆円"),
        }),
        printed: vec![Mark {
            year: 2024,
            value: 10.0,
            text: t.amount("10", "兆円"),
        }],
    }
}

/// Exact Poisson intervals of the counts used here.
fn sample_interval(count: u32) -> (f64, f64) {
    match count {
        0 => (0.0, 3.689),
        2 => (0.242, 7.225),
        3 => (0.619, 8.767),
        _ => (1.09, 10.242),
    }
}

fn sample_tiles(t: Texts<'_>) -> Vec<Tile> {
    (1..=47)
        .map(|code: u8| Tile {
            code,
            name: match t.lang() {
                Lang::Ja => format!("県{code}"),
                Lang::En => format!("P{code}"),
            },
            value: (code % 11 != 5).then(|| f64::from((u32::from(code) * 37) % 53)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Messages;

    #[test]
    fn components_keep_to_the_content_security_policy_and_leave_no_key_untranslated() {
        let messages = Messages::load().unwrap();
        for lang in [Lang::Ja, Lang::En] {
            let page = gallery(messages.texts(lang)).unwrap();
            for banned in [" style=", "<style", "javascript:", " onclick=", "{", "}"] {
                assert!(!page.contains(banned), "{lang}: {banned}");
            }
            for address in page
                .split("\"/assets/")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
            {
                assert!(address.contains("?v="), "{address} is not embedded");
            }
            let mut ids: Vec<&str> = page
                .split(" id=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "{lang}: an id is given twice");
        }
    }

    #[test]
    fn what_a_person_typed_never_becomes_markup() {
        let nodes = [TreeNode {
            label: "<b>&".into(),
            value: "\"".into(),
            ..TreeNode::default()
        }];
        let tree = Tree {
            nodes: &nodes,
            prefix: "tree".into(),
        }
        .render()
        .unwrap();
        assert!(
            tree.contains("&#60;b&#62;&#38;") && !tree.contains("<b>"),
            "{tree}"
        );
    }
}
