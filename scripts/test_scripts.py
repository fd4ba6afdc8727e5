"""The checks themselves are checked: each must catch what it is for, and let the rest through."""

import pathlib
import tempfile
import unittest

import dependencies
import licences
import snapshots


class Licences(unittest.TestCase):
    def test_expressions(self):
        allowed = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"}
        for expression, expected in [
            ("MIT", True),
            ("GPL-3.0", False),
            ("MIT OR GPL-3.0", True),
            ("GPL-3.0 OR MIT", True),
            ("MIT/GPL-3.0", True),
            ("MIT AND GPL-3.0", False),
            ("GPL-3.0 AND MIT OR Apache-2.0", True),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", True),
            ("MIT AND (GPL-3.0 OR LGPL-3.0)", False),
            ("Apache-2.0 WITH LLVM-exception", True),
            ("MIT WITH LLVM-exception", False),
            ("MIT MIT", False),
        ]:
            with self.subTest(expression):
                self.assertEqual(licences.permits(expression, allowed), expected)

    def test_no_licence_is_a_fault(self):
        package = {"name": "a", "version": "1.0.0", "license": None}
        self.assertEqual(list(licences.faults([package], {"MIT"})), ["a 1.0.0: no licence stated"])

    def test_list_leaves_comments_out(self):
        self.assertEqual(licences.allowed_list("# why\nMIT\n\nISC\n"), {"MIT", "ISC"})


class Dependencies(unittest.TestCase):
    def test_all_tables_are_read(self):
        manifest = {"dependencies": {"a": "1"}, "dev-dependencies": {"b": "1"}}
        manifest["target"] = {"cfg(unix)": {"dependencies": {"c": "1"}}}
        self.assertEqual(dependencies.declared(manifest), {"a", "b", "c"})

    def test_use_is_by_whole_word(self):
        self.assertEqual(dependencies.unused({"rand", "toml"}, "use rand_distr::Normal; toml::from_str"), ["rand"])
        self.assertEqual(dependencies.unused({"rand-distr"}, "use rand_distr::Normal;"), [])

    def test_prose_is_no_use(self):
        with tempfile.TemporaryDirectory() as folder:
            crate = pathlib.Path(folder)
            (crate / "lib.rs").write_text("//! serde is not used\n    /// serde\nfn f() {}\n")
            self.assertEqual(dependencies.unused({"serde"}, dependencies.rust_text(crate)), ["serde"])


class Snapshots(unittest.TestCase):
    def test_unreferenced_and_pending_are_faults(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            where = root / "crates/a/tests/snapshots"
            where.mkdir(parents=True)
            for name in ["kept.snap", "left.snap", "new.snap.new"]:
                (where / name).touch()
            referenced = [f"{where}/../snapshots/kept.snap"]
            found = [fault.split(":")[0].rsplit("/")[-1] for fault in snapshots.faults(root, referenced)]
            self.assertEqual(found, ["left.snap", "new.snap.new"])


if __name__ == "__main__":
    unittest.main()
