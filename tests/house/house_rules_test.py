"""Builds small trees that break one rule each, and expects that rule to notice, and only that."""

import pathlib
import sys
import tempfile
import unittest

import case_report
import cpp_text
import house_rules

HEADER = "#pragma once\n\n// What it is.\n"
CLEAN = {
    "README.md": "# Title\n\n```\n# not a title\n```\n",
    "base/CMakeLists.txt": "cordwood_library(cordwood_base SOURCES clock.cc)\n",
    "base/clock.h": HEADER,
    "base/clock.cc": '#include "base/clock.h"\n\n#include <fmt/format.h>\n\n#include <string>\n',
    "storage/store.h": HEADER + '#include "base/clock.h"\n',
    "tests/storage/store_test.h": HEADER + '#include <gtest/gtest.h>\n#include "storage/store.h"\n',
}


def rules_broken(files):
    """[(path, line, rule)] in the clean tree with `files` added or replaced."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, content in {**CLEAN, **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            (root / path).write_bytes(data)
        found = house_rules.offences(root)
        return sorted((o.path, o.line, o.rule) for several in found.values() for o in several)


def long_function(lines, header="void F() {"):
    return header + "\n" + "  G();\n" * (lines - 2) + "}\n"


class Rules(unittest.TestCase):
    def expect(self, path, content, *expected):
        """`expected`: (line, rule) for each offence."""
        broken = rules_broken({path: content})
        self.assertEqual(broken, sorted((path, line, rule) for line, rule in expected))

    def expect_in_header(self, path, lines, rule):
        """The rule notices each of the lines, and nothing else is wrong."""
        for line in lines:
            with self.subTest(line=line):
                self.expect(path, f"{HEADER}{line}\n", (4, rule))

    def allow_in_header(self, path, lines):
        for line in lines:
            with self.subTest(line=line):
                self.expect(path, f"{HEADER}{line}\n")

    def test_a_clean_tree_breaks_nothing(self):
        self.assertEqual(rules_broken({}), [])

    def test_includes_never_climb(self):
        self.expect_in_header("base/a.h", ['#include "storage/store.h"'], "layer")
        self.expect_in_header("storage/a.h", ['#include "protocol/reply.h"'], "layer")
        self.expect_in_header("protocol/a.h", ['#include "storage/store.h"'], "layer")
        self.expect_in_header("keyspace/a.h", ['#include "tests/support/sim_env.h"'], "layer")
        self.expect_in_header("tests/storage/a.h", ['#include "keyspace/core/keys.h"'], "layer")
        self.allow_in_header("pipeline/a.h", ['#include "commands/table.h"'])
        self.allow_in_header("tests/crash/a.h", ['#include "server/server.h"'])
        self.allow_in_header("bench/a.h", ['#include "server/server.h"'])

    def test_our_includes_start_at_the_root(self):
        lines = ['#include "clock.h"', "#include <base/clock.h>"]
        self.expect_in_header("base/a.h", lines, "layer")
        self.expect("base/a.h", HEADER + '#include "../base/clock.h"\n', (4, "layer"),
                    (4, "relative-include"))

    def test_a_new_folder_needs_a_layer(self):
        self.expect("other/a.h", HEADER, (1, "layer"))

    def test_third_party_headers_have_one_home(self):
        self.expect_in_header("storage/a.h", [
            "#include <asio.hpp>", "#include <xxhash.h>", "#include <spdlog/spdlog.h>",
            "#include <gtest/gtest.h>", "#include <unknown/library.h>", "#include <unknown.hpp>",
            "#include <CLI/CLI.hpp>", "#include <fcntl.h>", "#include <sys/stat.h>",
        ], "third-party")
        self.expect_in_header("pipeline/a.h", ["#include <asio/io_context.hpp>",
                                               "#include <unistd.h>"], "third-party")
        self.allow_in_header("storage/a.h", ["#include <lz4.h>", "#include <immintrin.h>"])
        self.allow_in_header("server/a.h", ["#include <asio.hpp>", "#include <sys/socket.h>"])
        self.allow_in_header("tests/server/a.h", ["#include <asio.hpp>",
                                                  "#include <hiredis/hiredis.h>"])

    def test_the_pipeline_knows_no_threads(self):
        self.expect_in_header("pipeline/a.h", ["#include <thread>", "#include <mutex>"],
                              "thread-header")
        self.allow_in_header("storage/a.h", ["#include <mutex>"])

    def test_a_source_includes_its_header_first(self):
        self.expect("base/clock.cc", '#include <string>\n#include "base/clock.h"\n',
                    (1, "own-header"))

    def test_a_header_begins_with_its_guard_and_a_comment(self):
        self.expect("base/a.h", "// What it is.\n#pragma once\n", (1, "header"))
        self.expect("base/a.h", "#pragma once\n#include <string>\n", (2, "header"))

    def test_shared_ownership_needs_a_reason(self):
        self.expect_in_header("storage/a.h", [
            "std::shared_ptr<const Block> a;", "auto a = std::make_shared<storage::Block>();",
            "class B : std::enable_shared_from_this<B> {};",
        ], "shared-ptr")
        self.allow_in_header("storage/a.h", ["std::shared_ptr<const storage::Tree> a;",
                                             "// Not a shared_ptr<Block>."])

    def test_every_source_is_listed_in_cmake(self):
        self.expect("base/other.cc", "", (1, "cmake-list"))
        self.expect("base/lock.cc", "", (1, "cmake-list"))
        broken = rules_broken({"storage/log/frame.cc": "",
                               "storage/CMakeLists.txt": "SOURCES log/frame.cc\n"})
        self.assertEqual(broken, [])

    def test_files_are_bounded(self):
        self.expect("base/a.h", HEADER + "\n" * 497)
        self.expect("base/a.h", HEADER + "\n" * 498, (500, "file-length"))
        self.expect("tests/base/a.h", HEADER + "\n" * 797)
        self.expect("tests/base/a.h", HEADER + "\n" * 798, (800, "file-length"))
        self.expect("tests/golden/a.sst", b"\0" * 500_000)
        self.expect("tests/golden/a.sst", b"\0" * 500_001, (1, "size"))

    def test_lines_are_bounded(self):
        self.expect("base/a.h", HEADER + "/" * 100 + "\n")
        self.expect("base/a.h", HEADER + "/" * 101 + "\n", (4, "columns"))
        self.expect("scripts/a", "#!/bin/sh\n#" + "-" * 100 + "\n", (2, "columns"))
        self.expect("base/a.h", HEADER + "// https://example.org/" + "a" * 100 + "\n")

    def test_functions_are_bounded(self):
        self.expect("base/a.h", HEADER + long_function(70))
        self.expect("base/a.h", HEADER + long_function(71), (4, "function-length"))
        self.expect("base/a.py", "def f():\n" + "  g()\n" * 70, (1, "function-length"))

    def test_storage_has_no_word_of_the_protocol(self):
        self.expect_in_header("storage/a.h", ["// As Redis does.", "int resp3 = 0;"],
                              "storage-words")
        self.allow_in_header("keyspace/a.h", ["// As Redis does."])

    def test_nothing_sleeps(self):
        lines = ["std::this_thread::sleep_for(a);", "usleep(1);", "sleep(1);"]
        self.expect_in_header("storage/a.h", lines, "sleep")
        self.expect_in_header("tests/storage/a.h", lines, "sleep")
        self.allow_in_header("tests/support/eventually.h", lines)

    def test_nothing_is_mocked(self):
        self.expect_in_header("tests/base/a.h", ["MOCK_METHOD(int, F, ());"], "mock")

    def test_randomness_and_clocks_come_from_the_environment(self):
        self.expect_in_header("storage/a.h", ["int a = rand();", "srand(1);",
                                              "std::random_device device;"], "random")
        lines = ["auto a = std::chrono::steady_clock::now();", "auto a = time(nullptr);"]
        self.expect_in_header("storage/a.h", lines, "clock")
        self.allow_in_header("base/posix_env.h", lines)
        self.allow_in_header("storage/a.h", ["int a = operand();", "int b = time(now);"])

    def test_files_are_reached_through_the_environment(self):
        lines = ["int a = ::open(path, 0);", "fsync(fd);", "std::rename(a, b);", "fopen(a, b);"]
        self.expect_in_header("storage/a.h", lines, "system-call")
        self.allow_in_header("base/posix_file.h", lines)
        self.allow_in_header("storage/a.h", ["file.rename(a);", "file->fsync(1);", "write(entry);",
                                             "bool open() const;", "Log::open(a);"])
        self.expect_in_header("storage/a.h", ["std::ifstream in(path);"], "file-stream")

    def test_threads_belong_to_the_environment_and_the_server(self):
        self.expect_in_header("storage/a.h", ["std::thread worker;", "std::async(f);"], "thread")
        self.allow_in_header("storage/a.h", ["std::thread::id owner;"])
        self.allow_in_header("server/a.h", ["std::thread loop;"])

    def test_errors_are_values(self):
        self.expect_in_header("storage/a.h", ["throw Error();", "throw;"], "throw")
        self.expect_in_header("storage/a.h", ["catch (...) {}"], "catch")
        self.allow_in_header("storage/a.h", ["// A throw of dice."])
        self.allow_in_header("server/a.h", ["catch (...) {}"])

    def test_headers_open_no_namespace(self):
        self.expect_in_header("base/a.h", ["using namespace std;"], "using-namespace")
        self.expect("base/clock.cc", '#include "base/clock.h"\nusing namespace std;\n')

    def test_nothing_is_left_behind(self):
        self.expect_in_header("base/a.h", ["// FIX" + "ME: later", "// TO" + "DO(a): later"],
                              "left-behind")

    def test_cmake_looks_for_no_sources(self):
        for call in ("file(GLOB sources *.cc)", "file(GLOB_RECURSE a *.cc)", "FILE ( glob a *.cc)"):
            with self.subTest(call):
                self.expect("storage/CMakeLists.txt", f"{call}\n", (1, "glob"))
                self.expect("cmake/a.cmake", f"{call}\n", (1, "glob"))
        self.expect("cmake/a.cmake", "file(WRITE a.cc \"\")\n")

    def test_tests_stay_enabled(self):
        broken = rules_broken({"tests/base/a_test.cc": "TEST(A, DISABLED_B) {}\n",
                               "tests/base/CMakeLists.txt": "SOURCES a_test.cc\n"})
        self.assertEqual(broken, [("tests/base/a_test.cc", 1, "disabled-test")])

    def test_suppressions_have_a_reason(self):
        self.expect_in_header("base/a.h", ["int a;  // NOLINT", "int a;  // NOLINT(check)"],
                              "suppression")
        self.allow_in_header("base/a.h", ["int a;  // NOLINT(check): a reason."])

    def test_merges_are_finished(self):
        self.expect("docs/a.md", "# A\n" + "<" * 7 + " HEAD\n", (2, "merge-marker"))

    def test_nothing_tells_where_it_was_made(self):
        self.expect("docs/a.md", "# A\n/wor" + "k/main\n", (2, "origin"))

    def test_names_say_what_is_inside(self):
        self.expect("base/string_pool.h", HEADER)
        self.expect("base/util.h", HEADER, (1, "name"))
        self.expect("base/utils/a.h", HEADER, (1, "name"))

    def test_documents_have_one_title(self):
        self.expect("docs/a.md", "## A\n", (1, "title"))
        self.expect("docs/a.md", "# A\n# B\n", (1, "title"))


class Functions(unittest.TestCase):
    def expect(self, text, *expected):
        """`expected`: (name, length) for each function found."""
        found = cpp_text.functions(cpp_text.strip(text))
        self.assertEqual([(f.name, f.length) for f in found], list(expected))

    def test_free_functions_and_methods(self):
        self.expect("int F(int a,\n      int b) {\n  return a;\n}\n", ("F", 4))
        self.expect("class A {\n public:\n  int size() const noexcept { return 1; }\n};\n"
                    "A::~A() {\n}\n", ("size", 1), ("A::~A", 2))
        self.expect("bool A::operator==(const A& b) const {\n}\n", ("A::operator==", 2))
        self.expect("int A::operator()(int a) {\n}\n", ("A::operator()", 2))
        self.expect("auto F() -> std::vector<int> {\n}\n", ("F", 2))

    def test_templates_count_from_their_first_line(self):
        self.expect("template <typename T, typename U = std::less<T>>\nT F(T a) {\n}\n", ("F", 3))

    def test_macros_that_define_tests(self):
        self.expect("TEST(Subject, Behaves) {\n}\n\nTEST_F(Fixture, Behaves) {\n}\n",
                    ("TEST", 2), ("TEST_F", 2))

    def test_member_initializers_with_braces(self):
        self.expect("A::A(int a)\n    : a_{a}, b_{1}, c_(2) {\n}\nvoid F() {}\n",
                    ("A::A", 3), ("F", 1))
        self.expect("A::A() : b_{1} {}\n", ("A::A", 1))

    def test_namespaces_classes_enums_and_arrays_are_no_functions(self):
        self.expect("namespace a::b {\nnamespace {\nclass A : public B<int> {\n};\n}\n}\n")
        self.expect('extern "C" {\nstruct alignas(64) A {\n  int a{1};\n};\n}\n')
        self.expect("enum class Kind : uint8_t {\n  kA,\n  kB = F(1),\n};\n")
        self.expect("constexpr Row kRows[] = {\n  {1, 2},\n  {F(1), 2},\n};\n")
        self.expect("const std::map<int, int> kMap{\n  {1, 2},\n};\nvoid F() {\n}\n", ("F", 2))
        self.expect("auto a = F({\n  1,\n});\n")

    def test_default_arguments(self):
        self.expect("void F(std::vector<int> a = {}, int b = 1) {\n}\n", ("F", 2))

    def test_lambdas_count_with_their_function_or_alone(self):
        self.expect("void F() {\n  auto g = [](int a) {\n    return a;\n  };\n}\n", ("F", 5))
        self.expect("const auto kG = [](int a) {\n  return a;\n};\n", ("kG", 3))

    def test_comments_and_literals_do_not_confuse(self):
        self.expect("void F() {\n  // }\n  /* } */\n  a = '}';\n  b = \"}\\\"}\";\n"
                    "  c = R\"x(})\")x\";\n  d = 1'000'000;\n}\n", ("F", 8))

    def test_branches_of_the_preprocessor(self):
        self.expect("#if A\nvoid F() {\n#else\nvoid F(int) {\n#endif\n}\n#define G() {\n"
                    "void H() {\n}\n", ("F", 5), ("H", 2))


if __name__ == "__main__":
    sys.exit(case_report.run_tests("house_rules_test"))
