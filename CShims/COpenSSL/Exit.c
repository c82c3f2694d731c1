#include <openssl/crypto.h>

// When a process exits OpenSSL gives back everything it holds (OPENSSL_init_crypto(3)). exit(3) does not wait for the workers'
// threads, which may be ending and giving back theirs at that moment: the same memory twice. The kernel takes all of it anyway.
// The first call decides, so it comes before anybody else's.
static void __attribute__((constructor)) leave_it_to_the_kernel(void) { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }
