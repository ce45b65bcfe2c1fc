// The settings of jemalloc, which reads this name when the program starts; what MALLOC_CONF says in
// the environment wins. docs/decisions/allocator.md says why these.

extern "C" {
extern const char* malloc_conf;
// NOLINTNEXTLINE(readability-identifier-naming): the name is jemalloc's.
const char* malloc_conf =
    // What was freed and not used again goes back to the system within a second (10 s by default),
    // also when no thread allocates any more, and for good: no MADV_FREE, whose pages count as
    // ours.
    "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,"
    // Blocks of a megabyte and more come from an arena of their own and go back at once, so that
    // what is resident of them is what is in use.
    "oversize_threshold:1048576";
}
