"""What agreement.py holds against each other."""


def labels(name):
    return dict(item.split("=", 1) for item in name[name.index("{") + 1:-1].replace('"', "").split(","))


def reconcile(kinds, seen, reached, spans, messages, series, lines, carried):
    wrong = []

    def same(what, **counts):
        values = " ".join(f"{name}={count}" for name, count in counts.items())
        mark = "" if len(set(counts.values())) == 1 else "  DIFFERENT"
        print(f"{what:36} {values}{mark}")
        if mark:
            wrong.append(what)

    def total_of(counter, wanted):
        return sum(count for found, count in counter.items() if wanted(found))

    def metric(family, **wanted):
        return int(sum(
            value for name, value in series.items()
            if name.startswith(family + "{") and all(labels(name).get(key) == text for key, text in wanted.items())))

    for site in ("plain", "tls"):
        for kind in [*kinds, "ws"]:
            route = f"/{kind}/"
            outcomes = {outcome for found, what, outcome in seen if (found, what) == (site, kind)}
            for status in sorted({"499" if outcome == "left" else outcome.split()[0] for outcome in outcomes}):
                clients = total_of(
                    seen, lambda found: found[:2] == (site, kind)
                    and ("499" if found[2] == "left" else found[2].split()[0]) == status)
                counts = {
                    "client": clients, "log": total_of(lines, lambda found: found[:3] == (site, kind, int(status))),
                    "spans": spans[site, kind, int(status)]}
                others = {s for s in outcomes if ("499" if s == "left" else s)[0] == status[0] and s.split()[0] != status}
                if not others:
                    counts["metrics"] = metric("gatehouse_requests_total", site=site, route=route, code=f"{status[0]}xx")
                same(f"{site} {kind} {status}", **counts)
            cut = total_of(seen, lambda found: found[:2] == (site, kind) and found[2].endswith(" cut"))
            same(f"{site} {kind} cut", client=cut, log=total_of(
                lines, lambda found: found[:2] == (site, kind) and found[3] == "upstream_truncated"))
            same(
                f"{site} {kind} in all", client=total_of(seen, lambda found: found[:2] == (site, kind)),
                log=total_of(lines, lambda found: found[:2] == (site, kind)),
                metrics=metric("gatehouse_requests_total", site=site, route=route),
                timed=metric("gatehouse_request_duration_seconds_count", site=site, route=route),
                spans=total_of(spans, lambda found: found[:2] == (site, kind)))
    for kind in ("ok", "bad", "cut", "reset", "left", "post", "ws"):
        same(f"{kind} at the upstream", client=total_of(seen, lambda found: found[1] == kind), upstream=reached[kind])
    whole = sum(reached[kind] for kind in ("ok", "bad", "post", "ws"))
    same("whole answers of the upstream", upstream=whole, metrics=metric("gatehouse_upstream_responses_total", upstream="app"))
    same("its failures", upstream=reached["cut"] + reached["reset"], metrics=metric(
        "gatehouse_upstream_failures_total", upstream="app"))
    for reason in sorted({found[3] for found in lines if found[3]}):
        same(f"reason {reason}", log=total_of(lines, lambda found: found[3] == reason), metrics=metric(
            "gatehouse_reasons_total", reason=reason))
    sockets = total_of(seen, lambda found: found[1] == "ws")
    same("WebSockets", client=sockets, metrics=metric("gatehouse_tunnels_opened_total"))
    same(
        "their messages", peers=messages["up"] + messages["down"], metrics=metric("gatehouse_tunnel_messages_total"),
        log=carried)
    same("WebSockets that are still open", client=0, metrics=metric("gatehouse_tunnels"))
    same("lines and spans lost", nobody=0, metrics=int(
        metric("gatehouse_log_lines_lost_total") + series.get("gatehouse_spans_lost_total", 0)))
    same("buffers in use at rest", nobody=0, metrics=metric("gatehouse_buffers_used"))
    return wrong
