#pragma once

// One connection's record layer from within.

#include "CRecords.h"

enum {
    // RFC 8446 §5.2: the content of a record with its type, padding and tag.
    LONGEST_BODY = GH_LONGEST_RECORD - GH_RECORD_HEADER,
    // Records without data that a peer may send unasked: it must not keep us busy with them. Each record of data that it gets
    // allows one more, for some ask for a new key with every record that they read.
    DATALESS_RECORDS = 32,
    // As many at once, however much it has got.
    MOST_DATALESS_RECORDS = 1 << 20,
};

// RFC 8446 §4.
enum { NEW_SESSION_TICKET = 4, KEY_UPDATE = 24, MESSAGE_HEADER = 4 };

// RFC 8446 §6.
enum {
    CLOSE_NOTIFY = 0,
    UNEXPECTED_MESSAGE = 10,
    BAD_RECORD_MAC = 20,
    RECORD_OVERFLOW = 22,
    ILLEGAL_PARAMETER = 47,
    DECODE_ERROR = 50,
    INTERNAL_ERROR = 80,
    USER_CANCELED = 90,
};

struct gh_records {
    const gh_suite *suite;
    const char *problem;
    gh_protection in;
    gh_protection out;
    // Data of a record that was longer than the reader's room.
    unsigned char *unread;
    uint32_t unread_start;
    uint32_t unread_end;
    // Records without data that may still come.
    uint32_t dataless_left;
    // Of a session ticket, which nobody here needs: bytes still to come.
    uint32_t ticket_left;
    // A message of the handshake layer that has begun, and how much of it is here.
    uint8_t message[MESSAGE_HEADER + 1];
    uint8_t message_length;
    uint8_t is_client;
    uint8_t is_resumed;
    // The peer has said that nothing follows.
    uint8_t has_ended;
    // So have we: an alert has been sealed, or none may be.
    uint8_t has_said_end;
    uint8_t has_failed;
    uint8_t owes_key_update;
    uint8_t owes_alert;
    // The alert that is owed.
    uint8_t alert;
};

// Nothing works from now on, and the peer is to be told.
int gh_records_refuse(gh_records *records, uint8_t alert, const char *problem);
