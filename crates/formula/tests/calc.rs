//! Precedence, units, functions and faults of the formula language, on literals alone.

use formula::{Value, calc};

/// The value in its display unit and the unit, as `rashin calc` prints them.
fn shown(source: &str) -> String {
    match calc(source) {
        Ok(Value::Quantity(quantity, _)) => {
            let number = quantity.in_unit();
            let text = number.exact_text().unwrap_or_else(|| number.to_decimal());
            format!("{text} {}", quantity.unit()).trim_end().to_owned()
        }
        Ok(Value::Bool(truth)) => truth.to_string(),
        Ok(Value::Period(period)) => period.to_string(),
        Ok(Value::Date(date)) => date.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(fault) => format!(
            "{} at {}",
            fault.kind,
            source.get(fault.span.clone()).unwrap_or("?")
        ),
    }
}

/// Formulas and what they give: the value in its unit, or the kind and the place of the fault.
const TABLE: &[(&str, &str)] = &[
    // precedence and associativity
    ("10-3+2", "9"),
    ("2+3*4", "14"),
    ("2*3+4", "10"),
    ("100/10/2", "5"),
    ("100/10*2", "20"),
    ("-2^2", "-4"),
    ("(-2)^2", "4"),
    ("2^-1", "0.5"),
    ("2^3^2", "512"),
    ("2**10", "1024"),
    ("-2^-2", "-0.25"),
    ("--3", "3"),
    ("2*-3", "-6"),
    ("2 - -3", "5"),
    ("+5", "5"),
    ("1/3", "1/3"),
    ("1/3+1/6", "0.5"),
    (".5+1.", "number at 1."),
    ("1 < 2 and 2 < 1 or 3 = 3", "true"),
    ("not 1 = 2 and 1 = 1", "true"),
    ("1 = 1 or 1/0 = 1", "true"),
    ("1 = 2 and 1/0 = 1", "false"),
    ("if 1 > 2 then 1/0 else 7", "7"),
    ("if 1 < 2 then 3 else 4 + 5", "3"),
    ("1 == 1", "true"),
    ("2 ≠ 3", "true"),
    ("3 ≧ 3", "true"),
    ("（１＋２）×３÷４－５％", "2.2"),
    ("1e3 + 2E-1", "1000.2"),
    ("2 # two\n + 3 # and three", "5"),
    // exactness
    ("0.1+0.2 = 0.3", "true"),
    ("4^0.5", "2"),
    ("8^(2/3)", "4"),
    ("(4/9)^0.5", "2/3"),
    ("(4/9)^-1.5", "3.375"),
    ("1.05^0", "1"),
    ("0^0", "1"),
    ("2^0.5", "1.414213562373095048801688724209698"),
    ("2^0.5*2^0.5", "2"),
    ("2^100", "1267650600228229401496703205376"),
    ("9^9^9^9", "too_large at 9^9^9"),
    ("1^9^5", "1"),
    ("(-1)^12345678901234567890", "1"),
    ("(-8)^(1/3)", "negative_root at (-8)^(1/3"),
    ("0^-1", "division_by_zero at -1"),
    ("5/(2-2)", "division_by_zero at 2-2"),
    // units
    ("50%", "50 %"),
    ("7.3兆円/72.4%", "1825/181 兆円"),
    ("50% × 50%", "0.25"),
    ("50% × 2", "1"),
    ("50% + 1", "150 %"),
    ("1 + 50%", "1.5"),
    ("41億ドル × 149円/ドル", "6109 億円"),
    ("41 億ドル * 149円/ドル", "6109 億円"),
    ("6150億円 / 149円/ドル", "6150/149 億ドル"),
    ("fx(41億ドル, 149円/ドル)", "6109 億円"),
    ("fx(6109億円, 149円/ドル)", "41 億ドル"),
    ("7.3兆円 + 1000億円", "7.4 兆円"),
    ("1000億円 + 7.3兆円", "74000 億円"),
    ("21兆円/3兆円", "7"),
    ("7.3兆円/26社", "73/260 兆円/社"),
    ("5%/年 * 16年", "80 %"),
    ("10円 * 6.7%/年", "0.67 円/年"),
    ("8件/年 * 18月", "12 件"),
    ("1年 = 12月", "true"),
    ("3百万人 / 2社", "1.5 百万人/社"),
    ("100円 × 3%", "3 円"),
    ("2 × 3兆円", "6 兆円"),
    ("1/2年", "0.5 1/年"),
    ("5USD * 2", "10 ドル"),
    ("12万件 - 2千件", "11.8 万件"),
    ("(3円)^2", "9 円・円"),
    ("sqrt(9円)", "unit_power at 9円"),
    ("sqrt((3円)^2)", "3 円"),
    ("2^3年", "exponent_unit at 3年"),
    ("3円^x", "unknown_name at x"),
    ("7円 + 3ドル", "unit at 3ドル"),
    ("7円 + 3", "unit at 3"),
    ("3円 < 2ドル", "unit at 2ドル"),
    ("5圓", "unknown_unit at 圓"),
    // functions
    ("abs(-3円)", "3 円"),
    ("min(3円, 2円, 5円)", "2 円"),
    ("max(3円, 2千円)", "2 千円"),
    ("round(10.083兆円, 1兆円)", "10 兆円"),
    ("round(-2.5, 1)", "-3"),
    ("round(6109億円, 50億円)", "6100 億円"),
    ("sqrt(2.25)", "1.5"),
    ("share(3円, 4円)", "75 %"),
    ("per_capita(300円, 4人)", "75 円/人"),
    ("years(FY2024, FY2040)", "16"),
    ("FY2040 - FY2024", "16 年"),
    ("FY2024 + 16", "FY2040"),
    ("FY2024 + 16年", "FY2040"),
    ("FY2024 - CY2020", "calendar at CY2020"),
    ("as_fy(CY2025)", "FY2025"),
    ("end(FY2025)", "2026-03-31"),
    ("start(CY2025) < end(FY2024)", "true"),
    ("line(2件, 8件, FY2024, FY2040, FY2032)", "5 件"),
    ("project(100円, 10%/年, FY2024, FY2026)", "121 円"),
    ("project(100円, 10%, FY2024, FY2026)", "unit at 10%"),
    ("cagr(100円, 121円, FY2024, FY2026)", "10 %/年"),
    ("cagr(1円, 2円, FY2024, FY2024)", "same_period at FY2024"),
    // faults of form
    ("", "unexpected_end at "),
    ("1 +", "unexpected_end at "),
    ("1 2", "unexpected at 2"),
    ("(1", "unexpected_end at "),
    ("1)", "unexpected at )"),
    ("1 < 2 < 3", "chained_comparison at <"),
    ("sumn(3)", "unknown_function at sumn"),
    ("abs(1, 2)", "arity at abs(1, 2)"),
    ("abs()", "arity at abs()"),
    ("1 $ 2", "unknown_symbol at $"),
    ("\"abc", "open_text at \"abc"),
    ("\"a\" = \"a\"", "true"),
    ("\"a\" < \"b\"", "type at \"a\""),
    ("1 and 2", "type at 1"),
    ("if 1 then 2 else 3", "type at 1"),
    ("2024年度", "unknown_unit at 年度"),
    ("at", "no_period at at"),
    ("3[FY2024]", "not_a_series at ["),
    ("abs(1 where 2 = 2)", "no_filter at where"),
    ("1_000", "unknown_unit at _000"),
    ("1,000", "unexpected at ,"),
    ("1.2.3", "number at 1.2."),
];

#[test]
fn expressions_have_the_value_that_the_grammar_gives_them() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter(|(source, wanted)| shown(source) != *wanted)
        .map(|(source, wanted)| format!("{source}: {} instead of {wanted}", shown(source)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hostile_input_is_answered_at_once() {
    let deep = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let signs = format!("{}1", "-".repeat(30_000));
    let powers = vec!["2"; 5_000].join("^");
    let long = vec!["1"; 1_900].join("+");
    let longer = vec!["1"; 30_000].join("+");
    let nots = format!("{}1=1", "not ".repeat(15_000));
    let digits = "9".repeat(60_000);
    let product = vec!["9^6000"; 1_500].join("*");
    let nested = format!("{}1{}", "-(".repeat(49), ")".repeat(49));
    assert_eq!(shown(&long), "1900");
    assert_eq!(shown(&nested), "-1");
    assert!(shown(&deep).starts_with("too_deep"));
    assert!(shown(&signs).starts_with("too_deep"));
    assert!(shown(&powers).starts_with("too_deep"));
    assert!(shown(&longer).starts_with("too_long"));
    assert!(shown(&nots).starts_with("too_deep"));
    assert!(shown(&digits).starts_with("too_large"));
    assert!(shown(&product).starts_with("too_large"));
    assert!(shown(&" ".repeat(70_000)).starts_with("too_long"));
}
