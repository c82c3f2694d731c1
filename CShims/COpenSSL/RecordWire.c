// Records between a wire and their reader: what the record layer (CRecords) opens and seals is received and sent here.

#include "Wire.h"

#include <sys/socket.h>

// Records that one recv takes in.
#define RECEIVED_RECORDS 4

// One per thread is enough: what is not used up is copied away before a call ends.
static _Thread_local unsigned char received[RECEIVED_RECORDS * GH_LONGEST_RECORD];

// Sends what the record layer owes if it can leave at once; who cannot take an alert now does without. That it cannot be sent is
// no fault of what has been read: the next write tells it, and reading goes on to the end.
void gh_wire_send_owed(gh_wire *wire, gh_records *records) {
    if (!gh_records_owe(records) || wire->holds) return;
    gh_wire_send_tickets(wire);
    if (wire->pending != NULL || !wire->writable || wire->send_error != 0) return;
    size_t count = gh_records_seal_owed(records, gh_gather_room());
    int error = wire->error;
    if (count > 0 && gh_wire_send_gathered(wire, count, 0) < 0) wire->error = error;
}

void gh_wire_read_aside(gh_wire *wire, gh_records *records) {
    if (!wire->readable || wire->at_end || wire->receive_error != 0) return;
    size_t used = 0, count = 0, end = wire->inbox_end - wire->inbox_start;
    if (gh_records_has_input(records, wire->inbox + wire->inbox_start, end)) return;
    // Less than a record is in the inbox; a peer that sends data meanwhile is not to fill our memory with them.
    end = gh_wire_take_inbox(wire, received, sizeof received);
    ssize_t got = gh_wire_receive(wire, received + end, GH_LONGEST_RECORD);
    if (got > 0) end += (size_t)got;
    (void)gh_records_open(records, received, end, &used, NULL, 0, &count);
    if (!gh_wire_keep_inbox(wire, received + used, end - used)) (void)gh_records_fail(records, "no memory for a record");
    gh_wire_send_owed(wire, records);
}

int gh_wire_write_records(
    gh_wire *wire, gh_records *records, const unsigned char *head, size_t head_length, const unsigned char *bytes,
    size_t length, size_t *count, int is_last) {
    *count = 0;
    // A peer that is only written to for long may ask for new keys all the while.
    if (wire->readable) gh_wire_read_aside(wire, records);
    size_t held = wire->writable ? gh_wire_take_tickets(wire) : 0;
    int flushed = wire->pending != NULL ? gh_wire_flush(wire) : 1;
    if (flushed < 0) return GH_FAILED;
    if (flushed == 0 || !wire->writable) return GH_WANTS_WRITE;
    size_t sealed = gh_records_seal(records, head, head_length, bytes, length, count, gh_gather_room() + held);
    if (sealed == 0 && gh_records_problem(records) != NULL) return GH_FAILED;
    int ends = is_last && *count == length;
    if (ends) {
        gh_records_close(records);
        sealed += gh_records_seal_owed(records, gh_gather_room() + held + sealed);
    }
    if (held + sealed == 0) return GH_MOVED;
    if (wire->only_seals) {
        wire->sealed = (uint32_t)(held + sealed);
        return GH_MOVED;
    }
    return gh_wire_send_gathered(wire, held + sealed, ends ? MSG_MORE : 0) < 0 ? GH_FAILED : GH_MOVED;
}

int gh_wire_read_records(gh_wire *wire, gh_records *records, unsigned char *room, size_t capacity, size_t *count) {
    int outcome = GH_MOVED;
    *count = 0;
    while (outcome == GH_MOVED && *count == 0) {
        // What is here already may be enough; only if it is not the kernel is asked.
        size_t kept = wire->inbox_end - wire->inbox_start, used = 0;
        if (gh_records_has_input(records, wire->inbox + wire->inbox_start, kept)) {
            outcome = gh_records_open(records, wire->inbox + wire->inbox_start, kept, &used, room, capacity, count);
            if (used > 0) gh_wire_drop_inbox(wire, used);
            if (used > 0 || *count > 0 || outcome != GH_MOVED) continue;
        }
        size_t end = gh_wire_take_inbox(wire, received, sizeof received);
        ssize_t got = gh_wire_receive(wire, received + end, sizeof received - end);
        if (got > 0) {
            end += (size_t)got;
            outcome = gh_records_open(records, received, end, &used, room, capacity, count);
        }
        if (!gh_wire_keep_inbox(wire, received + used, end - used)) {
            outcome = gh_records_fail(records, "no memory for a record");
        }
        if (got <= 0 && outcome == GH_MOVED) outcome = got < 0 || wire->at_end ? GH_FAILED : GH_WANTS_READ;
    }
    // Whoever asks for a key and says no more may wait for it.
    gh_wire_send_owed(wire, records);
    if (outcome == GH_WANTS_READ && *count == 0) gh_wire_send_tickets(wire);
    // What came before an end or a failure is told first; that is remembered.
    return *count > 0 ? GH_MOVED : outcome;
}

void gh_wire_close_records(gh_wire *wire, gh_records *records) {
    gh_records_close(records);
    gh_wire_send_owed(wire, records);
}

int gh_wire_has_records(const gh_wire *wire, const gh_records *records) {
    return gh_records_has_input(records, wire->inbox + wire->inbox_start, wire->inbox_end - wire->inbox_start);
}
