// Linked into every program by scripts/sanitize address: what must hold also for those that are started with an environment of
// their own, as by systemd-socket-activate(1).

const char *__asan_default_options(void);

// Swift's runtime keeps its metadata for good, and its references to an enum's boxes have bits of their own in them: the leak
// checker cannot tell either from a leak.
const char *__asan_default_options(void) { return "detect_leaks=0:detect_stack_use_after_return=0"; }
