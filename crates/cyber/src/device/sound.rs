//! How a name sounds, by its consonants: what an advisory writes in Latin letters is registered in Japan in kana, `Philips` as `フィリップス`.
//! It only says that two may be the same; it never tells two apart.

use super::names::is_kana;

/// Consonants of a name, those that kana do not keep apart made one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sound {
    consonants: String,
    kana: bool,
}

impl Sound {
    /// The sound of a folded word.
    pub fn of(word: &str) -> Self {
        Self::of_kana(word).unwrap_or_else(|| Self {
            consonants: latin(word),
            kana: false,
        })
    }

    /// The sound of a folded word in kana, nothing for other words.
    pub fn of_kana(word: &str) -> Option<Self> {
        word.chars().all(is_kana).then(|| Self {
            consonants: kana(word),
            kana: true,
        })
    }

    /// Whether the two may be one name: one in kana, one not, of the same consonants, or long ones that differ in one.
    pub fn is(&self, other: &Self) -> bool {
        let (a, b) = (self.consonants.as_bytes(), other.consonants.as_bytes());
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        let same = a == b && a.len() > 1;
        self.kana != other.kana && (same || short.len() > 3 && one_apart(short, long))
    }
}

/// Whether a text becomes another by changing, leaving out or adding one letter.
fn one_apart(short: &[u8], long: &[u8]) -> bool {
    let head = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (
        short.get(head..).unwrap_or_default(),
        long.get(head..).unwrap_or_default(),
    );
    let tail = |list: &[u8], from: usize| list.get(from..).map(<[u8]>::to_vec);
    short.len() == long.len() && tail(short, 1) == tail(long, 1) || tail(long, 1).as_deref() == Some(short)
}

/// The consonant that a kana begins with; a space for a vowel, nothing for a mark.
fn consonant(c: char) -> Option<char> {
    Some(match c {
        'ア' | 'イ' | 'ウ' | 'エ' | 'オ' | 'ヤ' | 'ユ' | 'ヨ' => ' ',
        'カ' | 'キ' | 'ク' | 'ケ' | 'コ' | 'ヵ' | 'ヶ' => 'k',
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' => 'g',
        'サ' | 'シ' | 'ス' | 'セ' | 'ソ' | 'ザ' | 'ジ' | 'ズ' | 'ゼ' | 'ゾ' | 'ヂ' | 'ヅ' => 's',
        'タ' | 'チ' | 'ツ' | 'テ' | 'ト' => 't',
        'ダ' | 'デ' | 'ド' => 'd',
        'ナ' | 'ニ' | 'ヌ' | 'ネ' | 'ノ' | 'ン' => 'n',
        'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ' => 'h',
        'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' | 'ヴ' => 'b',
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => 'p',
        'マ' | 'ミ' | 'ム' | 'メ' | 'モ' => 'm',
        'ラ' | 'リ' | 'ル' | 'レ' | 'ロ' => 'r',
        'ワ' | 'ヰ' | 'ヱ' | 'ヲ' => 'w',
        _ => return None,
    })
}

fn kana(word: &str) -> String {
    let mut found: String = word.chars().filter_map(consonant).collect();
    if found.starts_with(' ') {
        found.replace_range(..1, "a");
    }
    found.replace(' ', "")
}

fn latin(word: &str) -> String {
    let mut text = word.to_owned();
    for (from, to) in [
        ("tion", "shon"),
        ("sion", "shon"),
        ("sch", "s"),
        ("sh", "s"),
        ("ch", "t"),
        ("ph", "f"),
        ("th", "s"),
        ("ck", "k"),
        ("qu", "k"),
        ("wh", "h"),
        ("ce", "se"),
        ("ci", "si"),
        ("cy", "si"),
        ("ge", "je"),
        ("gi", "ji"),
        ("x", "ks"),
        ("mb", "nb"),
        ("mp", "np"),
    ] {
        text = text.replace(from, to);
    }
    let letters: Vec<char> = text.chars().collect();
    let is_vowel = |c: &char| "aeiouy".contains(*c);
    let mut found = String::new();
    for (place, c) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| letters.get(place));
        let (next, after) = (letters.get(place + 1), letters.get(place + 2));
        // A long vowel in kana: `Baxter`, `CareLink`.
        let silent = *c == 'r'
            && before.is_some_and(is_vowel)
            && (next.is_none_or(|next| !is_vowel(next) && *next != 'r')
                || next == Some(&'e') && after.is_none_or(|after| !is_vowel(after) && *after != 'r'));
        let own = match c {
            _ if silent || before == Some(c) => continue,
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' if place == 0 => 'a',
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' => continue,
            'l' => 'r',
            'v' => 'b',
            'f' => 'h',
            'c' | 'q' => 'k',
            'z' | 'j' => 's',
            c if c.is_ascii_alphabetic() => *c,
            _ => continue,
        };
        found.push(own);
    }
    found.replace("np", "mp")
}

#[cfg(test)]
mod tests {
    use super::Sound;
    use crate::device::names::fold;

    #[test]
    fn names_sound_as_they_are_registered() {
        for (latin, kana) in [
            ("Philips", "フィリップス"),
            ("Medtronic", "メドトロニック"),
            ("Baxter", "バクスター"),
            ("Becton", "ベクトン"),
            ("Dickinson", "ディッキンソン"),
            ("Illumina", "ｲﾙﾐﾅ"),
            ("Abbott", "アボット"),
            ("IntelliVue", "インテリビュー"),
            ("CareLink", "ケアリンク"),
            ("DreamMapper", "ドリームマッパー"),
            ("Engage", "エンゲージ"),
        ] {
            let (a, b) = (Sound::of(&fold(latin)), Sound::of(&fold(kana)));
            assert!(a.is(&b) && b.is(&a), "{a:?} {b:?}");
        }
        for (latin, kana) in [
            ("Philips", "メドトロニック"),
            ("Baxter", "ベクトン"),
            ("Brilliance", "インテリビュー"),
        ] {
            assert!(
                !Sound::of(&fold(latin)).is(&Sound::of(&fold(kana))),
                "{latin} {kana}"
            );
        }
        assert!(!Sound::of("philips").is(&Sound::of("phillips")));
    }
}
