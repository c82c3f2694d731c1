"""The gateway's configuration for agreement.py."""


def configuration(kinds, ports, directory, certificate, key, plain_port, tls_port):
    def routes():
        return "".join(
            f'[[sites.proxy.routes]]\npath = "/{kind}/"\nupstream = "{pool}"\nwebsocket = {str(kind == "ws").lower()}\n'
            for kind, pool in [(kind, kind if kind in ("dead", "dying") else "app") for kind in [*kinds, "ws"]])

    def site(name, port, tls):
        ssl_keys = f'[sites.ssl]\nenabled = true\ncert_file = "{certificate}"\nkey_file = "{key}"\n' if tls else ""
        pools = "".join(
            f'[[sites.proxy.upstreams]]\nname = "{pool}"\nurl = "http://127.0.0.1:{to}"\n' for pool, to in ports.items())
        # Whoever answers badly all the time is asked all the same here: each request is to come to its own end.
        return (
            f'[[sites]]\nname = "{name}"\nhostname = "localhost"\nlisten = "127.0.0.1"\nport = {port}\n{ssl_keys}'
            f"[sites.proxy]\nenabled = true\n[sites.proxy.retry]\nretries = 0\n"
            f"[sites.proxy.passive_health]\nmax_fails = 0\ncircuit_fails = 0\n{pools}{routes()}")

    return (
        f'[logging]\nformat = "json"\naccess_log = "{directory}/access.log"\n'
        f'[tracing]\nendpoint = "http://127.0.0.1:{ports.pop("collector")}"\n[admin]\nsocket = "{directory}/admin.sock"\n'
        "[limits]\nhalf_close_grace = 0\nhead_timeout = 600\nkeep_alive_timeout = 600\nhttp2_resets = 1000000\n"
        f'{site("plain", plain_port, False)}{site("tls", tls_port, True)}')
