//! Every chart, on what it is for and on what nobody would think of: all coordinates stay on the sheet, nothing is not a number, nothing
//! typed becomes markup.

use insta::assert_snapshot;
use proptest::prelude::*;
use vocab::{Calendar, Lang};

use super::scale::{nice_ticks, text_width, tick_text, whole_ticks, wrap, year_ticks};
use super::*;
use crate::i18n::Messages;
use crate::ui::Chart;

fn about(unit: &str) -> About {
    About {
        id: "c".into(),
        title: "架空 <系列> & \"x\"".into(),
        description: "架空データ".into(),
        unit: unit.into(),
    }
}

/// Reads a drawing back, independently of the canvas: every coordinate, against the sheet that it stands on.
fn check(drawing: &str) {
    for sheet in drawing.split("<svg ").skip(1) {
        // What is typed may hold any of these; markup may not.
        for tag in sheet.split('<').filter_map(|piece| piece.split('>').next()) {
            let odd = ["NaN", "inf", "style="].iter().find(|odd| tag.contains(**odd));
            assert_eq!(odd, None, "<{tag}>");
        }
        assert!(!sheet.contains("<系列>"));
        let size: Vec<f64> = attribute(sheet, "viewBox")
            .next()
            .unwrap()
            .split(' ')
            .map(|n| n.parse().unwrap())
            .collect();
        let inside = |text: &str, end: f64, what: &str| {
            let value: f64 = text.parse().unwrap_or_else(|_| panic!("{what}={text}"));
            assert!(
                (0.0..=end).contains(&value),
                "{what}={text} outside 0..{end}\n{sheet}"
            );
        };
        // What the patterns draw within themselves does not stand on the sheet.
        let drawn = sheet.split("</defs>").last().unwrap();
        for (names, end) in [
            (["x", "x1", "x2", "cx", "width"], size[2]),
            (["y", "y1", "y2", "cy", "height"], size[3]),
        ] {
            for name in names {
                attribute(drawn, name).for_each(|text| inside(text, end, name));
            }
        }
        for point in attribute(drawn, "points").flat_map(|points| points.split(' ')) {
            let (x, y) = point.split_once(',').unwrap();
            inside(x, size[2], "points x");
            inside(y, size[3], "points y");
        }
        for rect in drawn.split("<rect ").skip(1) {
            let [x, y, width, height] = ["x", "y", "width", "height"]
                .map(|name| attribute(rect, name).next().unwrap().parse::<f64>().unwrap());
            assert!(
                x + width <= size[2] + 0.05 && y + height <= size[3] + 0.05,
                "{rect}"
            );
        }
    }
}

fn attribute<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let opening = format!(" {name}=\"");
    let starts: Vec<usize> = text
        .match_indices(&opening)
        .map(|(at, _)| at + opening.len())
        .collect();
    starts
        .into_iter()
        .map(|start| text[start..].split('"').next().unwrap())
}

/// The narrow drawing with one element a line: what the snapshots hold.
fn narrow(chart: &Chart) -> String {
    check(&chart.drawing.0);
    chart
        .drawing
        .0
        .split("<svg ")
        .last()
        .unwrap()
        .replace('>', ">\n")
        .replace("\n</", "</")
        .trim_end()
        .to_owned()
}

#[test]
fn line_fan_breaks_at_a_gap_and_marks_the_target() {
    let messages = Messages::load().unwrap();
    let data = LineFan {
        about: about("兆円"),
        calendar: Calendar::Fiscal,
        observed: vec![(2022, Some(9.0)), (2023, None), (2024, Some(10.08))],
        required: vec![(2024, 10.0), (2026, 12.0)],
        implied: vec![],
        fan: vec![],
        target: Some(Mark {
            year: 2026,
            value: 12.0,
            text: "12兆円".into(),
        }),
        printed: vec![Mark {
            year: 2024,
            value: 10.0,
            text: "10兆円".into(),
        }],
    };
    let chart = line_fan(&data, messages.texts(Lang::Ja));
    assert_snapshot!("line_fan", narrow(&chart));
    let words: Vec<Vec<&str>> = chart
        .table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.text.as_str()).collect())
        .collect();
    assert_eq!(
        words,
        [
            vec!["2022年度", "9", "", "", ""],
            vec!["2023年度", "報告なし", "", "", ""],
            vec!["2024年度", "10.08", "10兆円", "", "10"],
            vec!["2026年度", "", "", "12兆円", "12"],
        ]
    );
}

#[test]
fn no_report_is_not_a_zero() {
    let messages = Messages::load().unwrap();
    let bar = |year, count| Bar {
        year,
        count,
        interval: None,
        partial: false,
    };
    let data = BarCounts {
        about: about("件"),
        calendar: Calendar::Fiscal,
        bars: vec![bar(2023, None), bar(2024, Some(0)), bar(2025, Some(2))],
        required: vec![],
        target: None,
    };
    let chart = bar_counts(&data, messages.texts(Lang::En));
    assert_snapshot!("bar_counts", narrow(&chart));
    assert_eq!(chart.table.rows[0][1].text, "no report");
    assert_eq!(chart.table.rows[1][1].text, "0");
}

#[test]
fn rows_are_drawn_from_where_they_start() {
    let messages = Messages::load().unwrap();
    let t = messages.texts(Lang::Ja);
    let swings = vec![
        Swing {
            name: "伸び".into(),
            low: 24.27,
            high: 32.75,
        },
        Swing {
            name: "集中度".into(),
            low: 29.2,
            high: 27.3,
        },
    ];
    assert_snapshot!(
        "tornado",
        narrow(&tornado(
            &Tornado {
                about: about("兆円"),
                base: 28.23,
                swings
            },
            t
        ))
    );
    let changes = [
        ("前", 28.0, ChangeKind::Total),
        ("データ", -1.5, ChangeKind::Change),
        ("後", 26.5, ChangeKind::Total),
    ]
    .map(|(name, value, kind)| Change {
        name: name.into(),
        value,
        kind,
    });
    let chart = waterfall(
        &Waterfall {
            about: about("兆円"),
            changes: changes.into(),
        },
        t,
    );
    assert_snapshot!("waterfall", narrow(&chart));
    assert_eq!(chart.table.rows[1][1].text, "−1.5");
    assert_eq!(chart.table.rows[2][2].text, "26.5");
}

#[test]
fn shares_fill_the_bar() {
    let messages = Messages::load().unwrap();
    let shares = [("甲", 3.0), ("乙", 1.0)].map(|(name, value)| Share {
        name: name.into(),
        value,
    });
    let chart = share_bar(
        &ShareBar {
            about: about(""),
            shares: shares.into(),
        },
        messages.texts(Lang::Ja),
    );
    assert_snapshot!("share_bar", narrow(&chart));
    assert_eq!(chart.table.rows[0][2].text, "75.0%");
}

#[test]
fn parts_of_a_month_stand_on_each_other_and_a_month_without_a_report_is_no_zero() {
    let messages = Messages::load().unwrap();
    let stack = |name: &str, parts: [u32; 3]| Stack {
        name: name.into(),
        parts: parts.into(),
    };
    let chart = stacked_bars(
        &StackedBars {
            about: about("件"),
            over: "月".into(),
            parts: ["見込み", "発生中", "解消した"].map(str::to_owned).into(),
            stacks: vec![
                stack("2026-09", [2, 1, 0]),
                stack("2026-10", [0, 0, 0]),
                stack("2026-11", [0, 3, 4]),
            ],
        },
        messages.texts(Lang::Ja),
    );
    assert_snapshot!("stacked_bars", narrow(&chart));
    let row = |row: usize| -> Vec<&str> {
        chart.table.rows[row]
            .iter()
            .map(|cell| cell.text.as_str())
            .collect()
    };
    assert_eq!(row(1), ["2026-10", "", "", "", "報告なし"]);
    assert_eq!(row(2), ["2026-11", "0", "3", "4", "7"]);
}

#[test]
fn a_procedure_is_drawn_with_a_box_for_each_state_and_an_arrow_for_each_way() {
    let messages = Messages::load().unwrap();
    let state = |title: &str, last| FlowState {
        title: title.into(),
        last,
    };
    let edge = |title: &str, from, to| FlowEdge {
        title: title.into(),
        by: "架空の担当".into(),
        from,
        to,
    };
    let data = Flow {
        about: about(""),
        states: vec![
            state("受付", false),
            state("差し戻し", false),
            state(&"長い名前の状態".repeat(12), false),
            state("終了", true),
        ],
        edges: vec![
            edge("出す", None, 0),
            edge("戻す", Some(0), 1),
            edge("出し直す", Some(1), 0),
            edge("受け付ける", Some(0), 2),
            edge("終える", Some(2), 3),
        ],
    };
    let chart = flow(&data, messages.texts(Lang::Ja));
    check(&chart.drawing.0);
    // Two drawings, each with four boxes, five arrow heads and one way back.
    assert_eq!(chart.drawing.0.matches("<rect ").count(), 8);
    assert_eq!(chart.drawing.0.matches("flow-head").count(), 10);
    assert_eq!(chart.drawing.0.matches("flow-back").count(), 2);
    assert!(chart.drawing.0.contains('…'), "what is too long is cut");
    assert_eq!(chart.table.rows.len(), 5);
    assert_eq!(chart.table.rows[0][1].text, "（開始）");
}

#[test]
fn every_prefecture_has_a_tile_of_its_own() {
    let messages = Messages::load().unwrap();
    let tile = |code: u8| Tile {
        code,
        name: format!("県{code}"),
        value: (code != 13).then(|| f64::from(code % 7)),
    };
    let data = TileMap {
        about: about("件"),
        tiles: (1..=47).map(tile).collect(),
    };
    let chart = tile_map(&data, messages.texts(Lang::Ja));
    check(&chart.drawing.0);
    let places: std::collections::BTreeSet<(String, String)> = chart
        .drawing
        .0
        .split("<svg ")
        .nth(1)
        .unwrap()
        .split("</defs>")
        .last()
        .unwrap()
        .split("<rect ")
        .skip(1)
        .map(|rect| {
            ["x", "y"]
                .map(|name| attribute(rect, name).next().unwrap().to_owned())
                .into()
        })
        .collect();
    // 47 tiles, five classes and 「報告なし」 in the legend.
    assert_eq!(places.len(), 47 + 6);
    let ranks: Vec<&str> = chart.table.rows.iter().map(|row| row[1].text.as_str()).collect();
    assert_eq!(
        (&ranks[..8], ranks[46]),
        (&["1", "1", "1", "1", "1", "6", "6", "6"][..], "")
    );
}

#[test]
fn a_sparkline_of_nothing_is_nothing() {
    assert_eq!(sparkline(&Sparkline::default()).0, "");
    let one = Sparkline {
        observed: vec![(2024, Some(0.0))],
        ..Sparkline::default()
    };
    check(&sparkline(&one).0);
}

#[test]
fn ticks_and_figures_read_well() {
    for (values, most, expected) in [
        (vec![0.0, 28.23], 5, vec![0.0, 10.0, 20.0, 30.0]),
        (vec![0.0, 8.0], 4, vec![0.0, 2.0, 4.0, 6.0, 8.0]),
        (vec![-3.0, 4.0], 5, vec![-4.0, -2.0, 0.0, 2.0, 4.0]),
        (vec![0.0, 0.0], 5, vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (vec![f64::NAN], 2, vec![0.0, 0.5, 1.0]),
        (vec![24.27, 32.75], 3, vec![20.0, 25.0, 30.0, 35.0]),
    ] {
        let ticks = nice_ticks(values.clone(), most);
        assert_eq!(ticks.len(), expected.len(), "{values:?}: {ticks:?}");
        assert!(
            ticks.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9),
            "{values:?}: {ticks:?}"
        );
    }
    assert_eq!(whole_ticks([2.0], 5), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(whole_ticks([10.2], 5), [0.0, 5.0, 10.0, 15.0]);
    assert_eq!(
        [
            tick_text(2.5, 2.5),
            tick_text(-0.0, 1.0),
            tick_text(12000.0, 4000.0)
        ],
        ["2.5", "0", "12,000"]
    );
    assert_eq!(
        year_ticks(2018, 2040, 400.0, 80.0),
        [2020, 2025, 2030, 2035, 2040]
    );
    assert_eq!(year_ticks(2024, 2024, 400.0, 80.0), [2024]);
    for (value, text) in [
        (28.2301, "28.23"),
        (10.0, "10"),
        (4757.4, "4,757"),
        (0.0, "0"),
        (-0.0001, "0"),
        (1.662, "1.662"),
    ] {
        assert_eq!(figure_text(value), text);
    }
    assert_eq!(wrap("two words", 14.0, 50.0), ["two", "words"]);
    assert_eq!(wrap("架空の長い名前", 14.0, 60.0), ["架空の長", "い名前"]);
    assert_eq!(wrap("長い名（前）", 14.0, 60.0), ["長い名", "（前）"]);
}

/// Figures as they come, and as they should not.
fn figure() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -1e6..1e6_f64,
        2 => Just(0.0),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(1e300), Just(-1e-300)],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everything_stays_on_the_sheet(
        figures in prop::collection::vec((2000..2060_i32, figure(), figure()), 0..12),
        text in "[ -~一-龠]{0,60}",
        english in any::<bool>(),
    ) {
        let messages = Messages::load().unwrap();
        let t = messages.texts(if english { Lang::En } else { Lang::Ja });
        let about = || About { unit: text.clone(), ..about("") };
        let observed: Vec<(i32, Option<f64>)> = figures.iter().map(|&(year, a, b)| (year, (b > 0.0).then_some(a))).collect();
        let path: Vec<(i32, f64)> = figures.iter().map(|&(year, a, _)| (year, a)).collect();
        let target = figures.first().map(|&(year, a, _)| Mark { year, value: a, text: text.clone() });
        let fan = figures.iter().map(|&(year, a, b)| {
            FanYear { year, band95: (a, b), band80: (a, b), band50: (b, a), median: a }
        });
        let name = |n: usize| format!("{text}{n}");
        let charts = [
            line_fan(&LineFan {
                about: about(), calendar: Calendar::Calendar, observed: observed.clone(), required: path.clone(),
                implied: path.clone(), fan: fan.collect(), target: target.clone(), printed: target.clone().into_iter().collect(),
            }, t),
            bar_counts(&BarCounts {
                about: about(), calendar: Calendar::Fiscal,
                bars: figures.iter().map(|&(year, a, b)| Bar {
                    year, count: (a > 0.0).then_some(7), interval: Some((a, b)), partial: b > 0.0,
                }).collect(),
                required: path, target: target.clone(),
            }, t),
            tornado(&Tornado {
                about: about(), base: target.map_or(0.0, |mark| mark.value),
                swings: figures.iter().enumerate().map(|(n, f)| Swing { name: name(n), low: f.1, high: f.2 }).collect(),
            }, t),
            waterfall(&Waterfall {
                about: about(),
                changes: figures.iter().enumerate().map(|(n, f)| Change { name: name(n), value: f.1, ..Change::default() }).collect(),
            }, t),
            share_bar(&ShareBar {
                about: about(),
                shares: figures.iter().enumerate().map(|(n, f)| Share { name: name(n), value: f.1 }).collect(),
            }, t),
            stacked_bars(&StackedBars {
                about: about(),
                over: text.clone(),
                parts: vec![text.clone(); 2],
                stacks: observed.iter().map(|&(year, value)| {
                    let size = if value.is_some() { u32::MAX } else { 0 };
                    Stack { name: format!("{text}{year}"), parts: vec![size, u32::try_from(year % 3).unwrap()] }
                }).collect(),
            }, t),
            tile_map(&TileMap {
                about: about(),
                tiles: observed.iter().map(|&(year, value)| Tile {
                    code: u8::try_from(year - 2000).unwrap(), name: text.clone(), value,
                }).collect(),
            }, t),
        ];
        for chart in &charts {
            check(&chart.drawing.0);
            for row in &chart.table.rows {
                prop_assert_eq!(row.len(), chart.table.columns.len());
            }
        }
        check(&sparkline(&Sparkline { id: "s".into(), description: text.clone(), observed, target: None }).0);
    }

    #[test]
    fn ticks_enclose_what_they_are_for(values in prop::collection::vec(-1e9..1e9_f64, 1..6), most in 2..9_usize) {
        let ticks = nice_ticks(values.clone(), most);
        prop_assert!(ticks.len() >= 2 && ticks.len() <= most + 2);
        let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
        let slack = (high - low) * 1e-6;
        prop_assert!(values.iter().all(|&value| value >= low - slack && value <= high + slack), "{:?}", ticks);
    }

    #[test]
    fn lines_fit_their_width(text in "[a-z ]{0,80}") {
        for line in wrap(&text, 14.0, 200.0) {
            prop_assert!(text_width(&line, 14.0) <= 200.0 || !line.contains(' '));
        }
    }
}
