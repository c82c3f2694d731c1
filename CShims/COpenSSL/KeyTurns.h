// Whose turn it is to use keys of a provider that knows no threads.

#pragma once

/// Waits until no other thread has a turn; at once without such keys. Whatever may sign takes one, as each step of a handshake
/// does. Returns what gh_end_turn is to get.
int gh_take_turn(void);
void gh_end_turn(int is_taken);
