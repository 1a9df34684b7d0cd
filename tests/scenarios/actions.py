"""What befalls a simulated deployment, and what is asked of it: each line's words, in one table."""

from collections.abc import Callable
from datetime import timedelta

from tests.scenarios import fencing_words, operator_words, telling_words, watchdog_words
from tests.scenarios.agents import State
from tests.scenarios.hosts import SimHost
from tests.scenarios.leases import SimLeases
from tests.scenarios.servers import SimServer
from tests.scenarios.sim import Sim

from hostdown.services import moves

Words = list[str]


class Actions:
    """Done at once; what follows from them takes its time."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._table: dict[str, Callable[[Words], object]] = {
            **self._asked(),
            **self._of_hosts(),
            **self._of_guests(),
            **self._of_pools(),
            **self._of_leases(),
            **self._of_servers(),
            **self._of_identity(),
            **fencing_words.actions(sim),
            **watchdog_words.actions(sim),
            **operator_words.actions(sim),
            **telling_words.actions(sim),
        }

    def do(self, line: str) -> None:
        """The longest name that the line begins with, and its words behind it."""
        words = line.split()
        for length in range(len(words), 0, -1):
            found = self._table.get(" ".join(words[:length]))
            if found is not None:
                found(words[length:])
                return
        raise ValueError(f"not understood: {line}")

    def _host(self, words: Words) -> SimHost:
        return self._sim.hosts[words[-1]]

    def _uuid(self, words: Words) -> str:
        return self._sim.uuids[words[0]]

    def _asked(self) -> dict[str, Callable[[Words], object]]:
        sim, calls = self._sim, self._sim.calls
        return {
            "create": lambda w: sim.create(w[0], w[2] if len(w) > 2 else None),
            "run": self._run,
            "start": lambda w: calls.start(self._uuid(w)),
            "stop": lambda w: calls.stop(self._uuid(w)),
            "pause": lambda w: calls.pause(self._uuid(w)),
            "reset-state": lambda w: calls.reset_state(self._uuid(w)),
            "delete": lambda w: calls.delete(self._uuid(w)),
            "force-down": lambda w: calls.force(w[0], True),
            "reserve": lambda w: calls.reserve(w[0]),
            "un-force": lambda w: calls.force(w[0], False),
            "evacuate": lambda w: calls.evacuate(self._uuid(w), w[2] if len(w) > 2 else None),
            "migrate": lambda w: calls.migrate(self._uuid(w), w[2] if len(w) > 2 else None),
            "migrate live": self._migrate_live,
            "abort the migration of": lambda w: calls.abort(self._uuid(w)),
            "force the migration of": lambda w: calls.force_complete(self._uuid(w)),
            "resize": lambda w: calls.resize(self._uuid(w)),
            "confirm": lambda w: calls.confirm(self._uuid(w)),
            "revert": lambda w: calls.revert(self._uuid(w)),
            "evacuate all of": lambda w: calls.evacuate_host(w[0]),
        }

    def _migrate_live(self, words: Words) -> None:
        self._sim.marks[words[0]] = self._sim.mark(words[0])
        self._sim.calls.migrate_live(self._uuid(words), words[2] if len(words) > 2 else None)

    def _run(self, words: Words) -> None:
        """`run vm on a`: create it, and wait until it runs."""
        name, host = words[0], words[2]
        self._sim.create(name, host)
        self._sim.until(f"{name} runs", lambda: self._sim.active_on(name, host), 60)

    def _of_hosts(self) -> dict[str, Callable[[Words], object]]:
        world = self._sim.world

        def agent_group(words: Words) -> object:
            agent = self._host(words).agent
            assert agent is not None
            return agent.group

        def cut(words: Words, is_cut: bool) -> None:
            self._host(words).link.is_cut = is_cut

        def mend(_: Words) -> None:
            for host in self._sim.hosts.values():
                host.link.is_bad = False

        return {
            "links are good": mend,
            "crash": lambda w: self._host(w).power_off(),
            "crash, locks stay:": lambda w: self._host(w).power_off(keep_locks=True),
            "boot": lambda w: self._host(w[:1]).power_on(w[2] if len(w) > 2 else None),
            "freeze": lambda w: self._host(w).freeze(),
            "thaw": lambda w: self._host(w).thaw(),
            "kill agent of": lambda w: self._host(w).kill_agent(restarts=True),
            "end agent of": lambda w: self._host(w).kill_agent(),
            "start agent of": lambda w: self._host(w).start_agent(),
            "stop agent of": lambda w: world.stop(agent_group(w)),
            "continue agent of": lambda w: world.proceed(agent_group(w)),
            "cut off": lambda w: cut(w, True),
            "reconnect": lambda w: cut(w, False),
            "libvirt hangs on": lambda w: self._host(w).set_silent("it hangs"),
            "libvirt answers on": lambda w: self._host(w).set_silent(None),
        }

    def _of_guests(self) -> dict[str, Callable[[Words], object]]:
        def die(words: Words) -> None:
            guests = self._host(words).guests
            assert guests is not None
            guests.die(self._uuid(words))

        def hang(words: Words) -> None:
            guests = self._host(words).guests
            assert guests is not None
            guests.hung.add(self._uuid(words))

        def slow_sending(words: Words) -> None:
            self._host(words[:1]).send_s = float(words[1])

        def slow(words: Words) -> None:
            guests = self._host(words[:1]).guests
            assert guests is not None
            guests.slow_s = float(words[1])

        def refuse(words: Words, share: float) -> None:
            guests = self._host(words).guests
            assert guests is not None
            guests.fake.trouble.fails["create"] = share

        return {
            "guest dies:": die,
            "starts are slow on": slow,
            "sending is slow from": slow_sending,
            "starts fail on": lambda w: refuse(w, 1.0),
            "starts succeed on": lambda w: refuse(w, 0.0),
            "guest hangs in D state:": hang,
        }

    def _of_pools(self) -> dict[str, Callable[[Words], object]]:
        def cut(words: Words, is_cut: bool) -> None:
            self._host(words).path.is_cut = is_cut

        def fail(words: Words) -> None:
            """What had locks there has lost them, and is told so."""
            guests = self._host(words).guests
            if guests is not None:
                guests.failed |= guests.running.keys()
            cut(words, False)

        def lose(words: Words) -> None:
            """The server of the storage forgets a lock."""
            pool = self._host(words).path.pool
            pool.locks.pop(f"/{self._uuid(words)}", None)

        def unmount(words: Words) -> None:
            self._host(words).path.is_empty = True

        def allow(_: Words) -> None:
            self._sim.checks.twins_allowed = True

        return {
            "cut off from its pool:": lambda w: cut(w, True),
            "reconnect with errors to its pool:": fail,
            "reconnect to its pool:": lambda w: cut(w, False),
            "the lock is lost:": lose,
            "nothing is mounted on": unmount,
            "twins cannot be helped": allow,
        }

    def _of_leases(self) -> dict[str, Callable[[Words], object]]:
        def forget(words: Words) -> None:
            pool = self._host(words).path.pool
            pool.leases = SimLeases(pool.world)

        def stall_in_write(words: Words) -> None:
            host = self._host(words[:1])
            agent = host.agent
            assert agent is not None
            host.path.stalls = lambda: host.world.stop(agent.group)

        def keep(words: Words) -> None:
            pool = self._host(words).path.pool
            pool.snapshot = pool.leases.snapshot()

        def restore(words: Words) -> None:
            pool = self._host(words).path.pool
            assert pool.snapshot is not None
            pool.leases = pool.snapshot

        def fail_in_write(words: Words) -> None:
            host = self._host(words)
            host.path.fails = host.power_off

        return {
            "the leases are gone on the pool of": forget,
            "keep a snapshot of the leases on the pool of": keep,
            "put the snapshot back on the pool of": restore,
            "the agent stops in the next bulletin of": stall_in_write,
            "the power fails in the next bulletin of": fail_in_write,
        }

    def _of_servers(self) -> dict[str, Callable[[Words], object]]:
        sim = self._sim

        def put_back(words: Words) -> None:
            sim.store.put_back(" ".join(words))
            sim.checks.forget()

        def lose_commits(words: Words) -> None:
            for server in sim.servers:
                server.loses_commits = int(words[0])

        return {
            "copy the database": lambda w: sim.store.copy("copy"),
            "put the copy back": lambda w: put_back(["copy"]),
            "answers of commits are lost:": lose_commits,
            "answers are waited for": lambda w: sim.patch.setattr(
                moves, "ANSWER_MAX", timedelta(seconds=float(w[0]))
            ),
            "the next commit kills server": self._doom,
            "add": lambda w: sim.add_server(" ".join(w)),
            "kill server": lambda w: sim.world.kill(self._server(w).group),
            "stop server": lambda w: sim.world.stop(self._server(w).group),
            "continue server": lambda w: sim.world.proceed(self._server(w).group),
        }

    def _doom(self, words: Words) -> None:
        self._server(words).dies_in_commit = True

    def _server(self, words: Words) -> SimServer:
        return next(each for each in self._sim.servers if each.name == f"server {words[0]}")

    def _of_identity(self) -> dict[str, Callable[[Words], object]]:
        def again(words: Words) -> None:
            """The newest list that had this server on it."""
            uuid, link = self._uuid(words).encode(), self._host(words).link
            link.old = next(each for each in reversed(link.lists) if uuid in each.body)

        def tell(words: Words) -> None:
            """What it said first of a server that it gave up."""
            agent = self._host(words).agent
            assert agent is not None
            agent.tidings.tell(next(each for each in agent.tidings.told if each.gone))

        def rename(words: Words) -> None:
            host = self._sim.hosts[words[0]]
            host.kill_agent()
            host.start_agent(words[2])

        def lose(words: Words) -> None:
            host = self._host(words)
            host.kill_agent()
            host.lost, host.state = host.state, State()
            host.start_agent()

        def find(words: Words) -> None:
            host = self._host(words)
            assert host.lost is not None
            host.kill_agent()
            host.state = host.lost
            host.start_agent()

        def enroll(words: Words) -> None:
            """As `hostdown agent --enroll`: what it notes of instances stays."""
            host = self._sim.hosts[words[0]]
            host.kill_agent()
            host.state.identity = None
            host.start_agent()

        return {
            "delete the service of": lambda w: self._sim.calls.delete_service(w[0]),
            "enroll": enroll,
            "an old list comes again:": again,
            "the old surrender is told again by": tell,
            "rename": rename,
            "the state is lost of": lose,
            "the state is found again of": find,
            "copy the disk of": lambda w: self._sim.copy_host(w[0], w[2]),
            "clone": lambda w: self._sim.copy_host(w[0], w[2], with_machine=True),
        }
