//! Made-up records of the registers (架空データ): devices, unmet needs and supply reports, the same for the same seed.

/// The controls of a form, by name.
pub(super) type Controls = Vec<(String, String)>;

/// What a made-up device is: name, generic name, class, application class.
const DEVICES: [(&str, &str, &str, &str); 8] = [
    ("カテーテル", "血管用カテーテル", "class-4", "improved-clinical"),
    ("輸液ポンプ", "輸液ポンプ", "class-3", "generic"),
    ("内視鏡", "電子内視鏡", "class-2", "improved"),
    ("人工関節", "人工股関節", "class-3", "improved-clinical"),
    ("画像診断プログラム", "診断支援プログラム", "class-3", "new"),
    ("心電計", "多機能心電計", "class-2", "generic"),
    ("手術支援ロボット", "手術用ロボット", "class-3", "new"),
    ("人工呼吸器", "人工呼吸器", "class-3", "improved"),
];

/// What a made-up need is: title, problem, department.
const NEEDS: [(&str, &str, &str); 6] = [
    (
        "小児に合う大きさの弁がない",
        "成人用の弁を切って使うため、手術に時間がかかる。",
        "小児循環器科",
    ),
    (
        "夜間の見守りに人手が足りない",
        "転倒の多くが夜間に起き、二人の看護師では気づけない。",
        "看護部",
    ),
    (
        "在宅で測れる検査が少ない",
        "採血のためだけに月に一度、家族が半日かけて連れてくる。",
        "在宅診療部",
    ),
    (
        "災害時に動く吸引器がない",
        "停電のとき、手動の吸引器では交代が必要になる。",
        "救急科",
    ),
    (
        "術中の神経を見分けにくい",
        "神経を傷つけないための確認に、手術の三分の一の時間を使う。",
        "脳神経外科",
    ),
    (
        "器械の洗浄に時間がかかる",
        "複雑な形の器械は手洗いで、一日に使える回数が限られる。",
        "中央材料室",
    ),
];

fn controls(list: &[(&str, String)]) -> Controls {
    list.iter()
        .map(|(name, text)| ((*name).to_owned(), text.clone()))
        .collect()
}

/// So many devices of a firm.
pub(super) fn devices(seed: u64, count: u64) -> Vec<Controls> {
    let device = |number: u64| {
        let place = (seed + number * 5) % DEVICES.len() as u64;
        let (name, generic, class, application) = DEVICES[usize::try_from(place).unwrap_or(0)];
        controls(&[
            ("name", format!("架空{name} {}", number + 1)),
            ("level", "family".into()),
            ("generic_name", generic.into()),
            ("risk_class", class.into()),
            ("application_class", application.into()),
            ("maker", "架空の製造販売業者".into()),
            (
                "coverage_category",
                if application == "generic" { "B1" } else { "C1" }.into(),
            ),
            (
                "covered_on",
                format!("202{}-0{}-01", 4 + number % 3, 1 + number % 9),
            ),
        ])
    };
    (0..count).map(device).collect()
}

/// What a hospital holds: two of the first devices, and others.
pub(super) fn assets(seed: u64) -> Vec<Controls> {
    let asset = |number: u64| {
        let place = (seed + number * 3) % DEVICES.len() as u64;
        let (name, ..) = DEVICES[usize::try_from(place).unwrap_or(0)];
        controls(&[
            ("name", format!("架空{name} {}", number + 1)),
            ("asset_number", format!("ME-{:05}", number + 1)),
            ("quantity", (1 + number % 4).to_string()),
            (
                "department",
                NEEDS[usize::try_from(number).unwrap_or(0) % NEEDS.len()].2.into(),
            ),
            ("use", "in-use".into()),
        ])
    };
    (0..12).map(asset).collect()
}

/// The needs of a hospital.
pub(super) fn needs() -> Vec<Controls> {
    let need = |(title, problem, department): &(&str, &str, &str)| {
        controls(&[
            ("title", format!("架空: {title}")),
            ("problem", (*problem).into()),
            ("department", (*department).into()),
            ("contact", "架空 担当者".into()),
            ("frequency", "daily".into()),
        ])
    };
    NEEDS.iter().map(need).collect()
}

/// Supply reports of a firm about some of its devices.
pub(super) fn supply_reports(seed: u64) -> Vec<Controls> {
    let report = |(number, (event, phase)): (u64, (&str, &str))| {
        let place = (seed + number * 3) % DEVICES.len() as u64;
        let (name, ..) = DEVICES[usize::try_from(place).unwrap_or(0)];
        controls(&[
            ("name", format!("架空{name} {}", number + 1)),
            ("report_type", event.into()),
            ("phase", phase.into()),
            ("causes", "materials".into()),
            ("last_shipment", "2026-12-01".into()),
            ("contact", "架空 担当者".into()),
            ("company", "架空の製造販売業者".into()),
        ])
    };
    let kinds = [
        ("concern", "anticipated"),
        ("stock-out", "actual"),
        ("discontinuation", "anticipated"),
    ];
    (0..).zip(kinds).map(report).collect()
}
