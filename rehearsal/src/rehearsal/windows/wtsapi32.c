/* A stand-in for wtsapi32.dll on a host of the farm, for agents that really run (PowerShell, mono).
 *
 * The sessions of the host stand in a file that every call reads anew under flock (sessions.h), so the farm and any
 * number of running agents see one truth.
 *
 * Signatures, classes and error codes: https://learn.microsoft.com/windows/win32/api/wtsapi32/
 * Both runtimes read errno where Windows has GetLastError, so a refusal sets errno as the last thing it does. */
#include "sessions.h"

#include <arpa/inet.h>
#include <errno.h>

enum { USER_NAME = 5, DOMAIN_NAME = 7, CONNECT_STATE = 8, CLIENT_BUILD = 9, CLIENT_NAME = 10, CLIENT_ADDRESS = 14,
       CLIENT_DISPLAY = 15, CLIENT_PROTOCOL = 16, SESSION_INFO = 24 };
enum { FILE_NOT_FOUND = 2, INVALID_PARAMETER = 87, CLOSE_PENDING = 7007 };
enum { ACTIVE = 0, DISCONNECTED = 4, RDP = 2, FAMILY_INET = 2, FAMILY_INET6 = 23, TYPE_PROCESS_INFO_1 = 1, TYPE_SESSION_INFO_1 = 2, ID_ASYNC = 32001,
       ID_TIMEOUT = 32000 };

typedef struct { DWORD exec_env, state, id; WCHAR *station, *host, *user, *domain, *farm; } WTS_SESSION_INFO_1W;
typedef struct { DWORD state, id, counters[6]; WCHAR station[32], domain[17], user[21];
                 TICKS connect, disconnect, input, logon, now; } WTSINFOW;
typedef struct { DWORD session, process; WCHAR *name; void *sid; DWORD threads, handles, pagefile, peak_pagefile,
                 working_set, peak_working_set; TICKS user, kernel; } WTS_PROCESS_INFO_EXW;
typedef struct { DWORD family; uint8_t bytes[20]; } WTS_CLIENT_ADDRESS;
_Static_assert(sizeof(void *) != 8 || sizeof(WTS_SESSION_INFO_1W) == 56, "56 bytes on 64-bit Windows");
_Static_assert(sizeof(void *) != 8 || sizeof(WTS_PROCESS_INFO_EXW) == 64, "64 bytes on 64-bit Windows");
_Static_assert(sizeof(WTSINFOW) == 216, "216 bytes on Windows");
_Static_assert(sizeof(WTS_CLIENT_ADDRESS) == 24, "24 bytes on Windows");

static BOOL is_rule(Table *table, const char *mode)
{
    return !strcmp(table->rule, mode);
}

static BOOL refuse(int code)
{
    errno = code;
    return 0;
}

/* UTF-8 to UTF-16 with surrogate pairs, cut at `units` of which the last is NUL, as Windows cuts what is too long. */
static void widen(const char *text, WCHAR *out, size_t units)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t n = 0;
    while (*p && n + 1 < units) {
        int more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC0 ? 1 : 0;
        uint32_t c = more == 3 ? *p & 7 : more == 2 ? *p & 15 : more ? *p & 31 : *p;
        for (p++; more && *p; more--) c = c << 6 | (*p++ & 63);
        if (c > 0xFFFF) {
            out[n++] = 0xD800 + ((c - 0x10000) >> 10);
            if (n + 1 < units) out[n++] = 0xDC00 + ((c - 0x10000) & 0x3FF);
        } else out[n++] = c;
    }
    out[n] = 0;
}

static WCHAR *wide(const char *text)
{
    size_t units = strlen(text) + 1; /* UTF-16 never needs more units than UTF-8 needs bytes */
    WCHAR *out = calloc(units, sizeof *out);
    widen(text, out, units);
    return out;
}

static BOOL give(void *value, size_t size, void **buffer, DWORD *bytes)
{
    *buffer = memcpy(calloc(1, size), value, size);
    *bytes = size;
    return 1;
}

static BOOL give_text(const char *text, void **buffer, DWORD *bytes)
{
    WCHAR *out = wide(text);
    DWORD units = 0;
    while (out[units++]) ;
    *buffer = out;
    *bytes = units * sizeof *out;
    return 1;
}

/* The address begins two bytes into the field, as the page of WTS_CLIENT_ADDRESS says. */
static BOOL give_address(const char *text, void **buffer, DWORD *bytes)
{
    WTS_CLIENT_ADDRESS a = {0};
    if (inet_pton(AF_INET, text, a.bytes + 2) == 1) a.family = FAMILY_INET;
    else if (inet_pton(AF_INET6, text, a.bytes + 2) == 1) a.family = FAMILY_INET6;
    return give(&a, sizeof a, buffer, bytes);
}

static BOOL give_info(Session *s, void **buffer, DWORD *bytes)
{
    const char *told = how_odd(s, "now");
    WTSINFOW i = {.state = s->state, .id = s->id, .connect = s->connect, .disconnect = s->disconnect,
                  .logon = s->logon, .now = told ? atoll(told) : now()};
    i.input = s->input == ALWAYS_NOW ? i.now : s->input;
    widen(s->station, i.station, 32);
    widen(s->domain, i.domain, 17);
    widen(s->user, i.user, 21);
    return give(&i, sizeof i, buffer, bytes);
}

/* WTS_CLIENT_DISPLAY says the depth of the colours by a number of its own for the older depths. */
static BOOL give_display(const char *text, void **buffer, DWORD *bytes)
{
    DWORD d[3] = {0};
    sscanf(text, "%ux%ux%u", &d[0], &d[1], &d[2]);
    if (d[2] == 15) d[2] = 16;
    else if (d[2] == 16) d[2] = 4;
    else if (d[2] == 8) d[2] = 2;
    else if (d[2] == 4) d[2] = 1;
    return give(d, sizeof d, buffer, bytes);
}

static BOOL give_detail(Session *s, int class, void **buffer, DWORD *bytes)
{
    uint16_t protocol = s->protocol;
    switch (class) {
    case USER_NAME: return give_text(s->user, buffer, bytes);
    case DOMAIN_NAME: return give_text(s->domain, buffer, bytes);
    case CLIENT_BUILD: return give(&s->build, sizeof s->build, buffer, bytes);
    case CLIENT_DISPLAY: return give_display(s->display, buffer, bytes);
    case CLIENT_NAME: return give_text(s->client, buffer, bytes);
    case CONNECT_STATE: return give(&s->state, sizeof s->state, buffer, bytes);
    case CLIENT_PROTOCOL: return give(&protocol, sizeof protocol, buffer, bytes);
    case CLIENT_ADDRESS: return give_address(s->address, buffer, bytes);
    case SESSION_INFO: return give_info(s, buffer, bytes);
    default: return 0;
    }
}

/* A class that is odd in this session: refused, or answered with no buffer or with one byte. */
static int give_odd(const char *how, void **buffer, DWORD *bytes)
{
    if (*how == 'n') return *buffer = 0, *bytes = 0, 0;
    if (*how == 's') return give("", 1, buffer, bytes), 0;
    return (int)strtoll(how, 0, 10);
}

static int query(Session *s, int class, void **buffer, DWORD *bytes)
{
    char key[12];
    snprintf(key, sizeof key, "%d", class);
    const char *how = s ? how_odd(s, key) : 0;
    if (how) return give_odd(how, buffer, bytes);
    return !s ? FILE_NOT_FOUND : give_detail(s, class, buffer, bytes) ? 0 : INVALID_PARAMETER;
}

BOOL WTSQuerySessionInformationW(void *server, DWORD id, int class, void **buffer, DWORD *bytes)
{
    Table table;
    (void)server;
    if (!open_table(&table)) return refuse(INVALID_PARAMETER);
    int code = query(find(&table, id), class, buffer, bytes);
    close_table(&table);
    return code ? refuse(code) : 1;
}

BOOL WTSEnumerateSessionsExW(void *server, DWORD *level, DWORD filter, WTS_SESSION_INFO_1W **out, DWORD *count)
{
    Table table;
    (void)server;
    if (!level || *level != 1 || filter || !open_table(&table)) return refuse(INVALID_PARAMETER);
    if (is_rule(&table, "blind")) return close_table(&table), refuse((int)table.number);
    if (is_rule(&table, "empty")) table.count = 0;
    WTS_SESSION_INFO_1W *list = calloc(table.count + 1, sizeof *list);
    DWORD n = 0;
    for (DWORD i = 0; i < table.count; i++) {
        Session *s = &table.list[i];
        if (how_odd(s, "listed") || how_odd(s, "after")) continue;
        list[n].exec_env = list[n].id = s->id;
        list[n].state = s->state;
        list[n].station = *s->station ? wide(s->station) : 0;
        list[n].user = *s->user ? wide(s->user) : 0; /* NULL, not empty, when nobody is logged on */
        list[n++].domain = *s->user ? wide(s->domain) : 0;
    }
    *out = list;
    *count = n;
    close_table(&table);
    return 1;
}

/* The rows of this session in the file beside that of the sessions: id, name (UTF-16 in hexadecimal), ticks, bytes. */
static DWORD read_programs(DWORD id, WTS_PROCESS_INFO_EXW **out)
{
    char path[4096], *line = 0;
    size_t size = 0;
    DWORD n = 0;
    snprintf(path, sizeof path, "%s.programs", getenv("REHEARSAL_SESSIONS"));
    FILE *in = fopen(path, "r");
    *out = calloc(1, sizeof **out);
    while (in && getline(&line, &size, in) > 0) {
        char *rest = line, *field[4];
        for (int i = 0; i < 4; i++) field[i] = strsep(&rest, "\t");
        if (!field[3] || strtoul(field[0], 0, 10) != id) continue;
        *out = realloc(*out, (n + 1) * sizeof **out);
        WTS_PROCESS_INFO_EXW *one = memset(&(*out)[n++], 0, sizeof **out);
        size_t units = strlen(field[1]) / 4;
        one->session = id, one->process = 4 * n, one->working_set = strtoul(field[3], 0, 10);
        one->user = atoll(field[2]) / 2, one->kernel = atoll(field[2]) - one->user;
        if (!units) continue; /* Windows tells no name */
        one->name = calloc(units + 1, sizeof *one->name);
        for (size_t i = 0; i < units; i++) {
            unsigned low, high;
            sscanf(field[1] + 4 * i, "%2x%2x", &low, &high);
            one->name[i] = low | high << 8;
        }
    }
    free(line);
    if (in) fclose(in);
    return n;
}

BOOL WTSEnumerateProcessesExW(void *server, DWORD *level, DWORD id, WTS_PROCESS_INFO_EXW **out, DWORD *count)
{
    Table table;
    (void)server;
    if (!level || *level != 1 || !open_table(&table)) return refuse(INVALID_PARAMETER);
    Session *s = find(&table, id);
    const char *how = s ? how_odd(s, "programs") : 0;
    int code = how ? (int)strtol(how, 0, 10) : 0;
    if (!code) *count = s ? read_programs(id, out) : (*out = calloc(1, sizeof **out), 0);
    close_table(&table);
    return code ? refuse(code) : 1;
}

static BOOL free_programs(WTS_PROCESS_INFO_EXW *list, DWORD count)
{
    for (DWORD i = 0; i < count; i++) free(list[i].name);
    free(list);
    return 1;
}

BOOL WTSFreeMemoryExW(int type, WTS_SESSION_INFO_1W *list, DWORD count)
{
    if (type == TYPE_PROCESS_INFO_1) return free_programs((WTS_PROCESS_INFO_EXW *)list, count);
    if (type != TYPE_SESSION_INFO_1) return refuse(INVALID_PARAMETER);
    for (DWORD i = 0; i < count; i++) {
        free(list[i].station);
        free(list[i].user);
        free(list[i].domain);
    }
    free(list);
    return 1;
}

void WTSFreeMemory(void *memory)
{
    free(memory);
}

static void drop(Table *table, Session *s)
{
    Session *after = s + 1;
    memmove(s, after, (char *)(table->list + table->count--) - (char *)after);
}

/* The session becomes what its host says of it after an order. */
static BOOL become_ordered(Table *table, Session *s)
{
    Session *later = find_later(table, s->id);
    if (!later) return 0;
    char *rest = strchr(later->odd, ' ');
    later->id = s->id;
    later->odd = rest ? rest + 1 : "";
    drop(table, s);
    return 1;
}

/* As user_activity.take_over: somebody logs on now under an id that is in use. */
static void seize(Session *s)
{
    static char station[20];
    snprintf(station, sizeof station, "RDP-Tcp#%u", s->id);
    s->user = "mallory", s->domain = "CORP", s->station = station, s->state = ACTIVE, s->protocol = RDP;
    s->logon = s->connect = s->input = now();
    s->disconnect = s->closing = 0;
    s->odd = "";
}

static int refusal(Table *table, Session *s)
{
    return !s ? FILE_NOT_FOUND : is_rule(table, "error") ? (int)table->number : 0;
}

/* Windows answers at once and closes the session afterwards; the host's rule says when, or what is answered instead. */
static int begin_logoff(Table *table, Session *s)
{
    int code = s && s->closing ? CLOSE_PENDING : refusal(table, s);
    if (code) return code;
    if (become_ordered(table, s)) return save(table), 0;
    if (is_rule(table, "never")) s->closing = FOREVER;
    else if (is_rule(table, "after")) s->closing = now() + table->number * 10000;
    else drop(table, s);
    Session *taken = is_rule(table, "seize") ? find(table, (DWORD)table->number) : 0;
    if (taken) {
        seize(taken);
        strcpy(table->rule, "at-once");
    }
    save(table);
    return 0;
}

BOOL WTSLogoffSession(void *server, DWORD id, BOOL wait)
{
    Table table;
    (void)server, (void)wait;
    if (!open_table(&table)) return refuse(INVALID_PARAMETER);
    Session *s = find(&table, id);
    Owner owner = owner_of(s);
    int code = begin_logoff(&table, s);
    note("logoff", id, owner, code, 0, 0, 0, 0);
    close_table(&table);
    return code ? refuse(code) : 1;
}

static int disconnect(Table *table, Session *s)
{
    int code = refusal(table, s);
    if (code || is_rule(table, "never")) return code;
    if (become_ordered(table, s)) return save(table), 0;
    s->state = DISCONNECTED;
    s->disconnect = now();
    s->input = 0; /* a disconnected session has no last input */
    s->station = "";
    save(table);
    return 0;
}

BOOL WTSDisconnectSession(void *server, DWORD id, BOOL wait)
{
    Table table;
    (void)server, (void)wait;
    if (!open_table(&table)) return refuse(INVALID_PARAMETER);
    Session *s = find(&table, id);
    Owner owner = owner_of(s);
    int code = disconnect(&table, s);
    note("disconnect", id, owner, code, 0, 0, 0, 0);
    close_table(&table);
    return code ? refuse(code) : 1;
}

BOOL WTSSendMessageW(void *server, DWORD id, WCHAR *title, DWORD title_bytes, WCHAR *body, DWORD bytes, DWORD style,
                     DWORD timeout, DWORD *response, BOOL wait)
{
    Table table;
    (void)server, (void)style, (void)timeout;
    if (!open_table(&table)) return refuse(INVALID_PARAMETER);
    Session *s = find(&table, id);
    int code = refusal(&table, s);
    note("message", id, owner_of(s), code, title, title_bytes, body, bytes);
    close_table(&table);
    if (code) return refuse(code);
    *response = wait ? ID_TIMEOUT : ID_ASYNC; /* nobody on the farm presses a button */
    return 1;
}

/* Preloaded into the agent's process, so that Environment.MachineName and Dns.GetHostName name the farm's host and not the
   machine below. */
int gethostname(char *name, size_t size)
{
    const char *host = getenv("REHEARSAL_COMPUTER");
    snprintf(name, size, "%s", host ? host : "localhost");
    return 0;
}

/* The same for the domain that stands behind the name, which a machine without one has not. */
int getdomainname(char *name, size_t size)
{
    const char *domain = getenv("REHEARSAL_DOMAIN");
    snprintf(name, size, "%s", domain ? domain : "");
    return 0;
}
