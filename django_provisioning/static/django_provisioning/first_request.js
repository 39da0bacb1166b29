"use strict";
// Looks for the next request of the identity provider while somebody watches; without a script there is a link. It asks
// every five seconds for ten minutes at the most, and not at all while the tab is hidden.
{
    const line = document.getElementById("first-request");
    const button = document.getElementById("watch");
    const start = button.textContent;
    const pause = 5000;
    const most = 120;
    let timer = null;
    let tries = 0;

    const stop = (text) => {
        clearTimeout(timer);
        timer = null;
        button.textContent = start;
        if (text) {
            line.textContent = text;
        }
    };
    const ask = async () => {
        const answer = await fetch(line.dataset.statusUrl, { headers: { Accept: "application/json" } });
        // A session that has ended is sent to the login page, which is no answer.
        if (!answer.ok || answer.redirected) {
            return null;
        }
        return answer.json();
    };
    // What was not well when the page was opened, above all "waiting for the first request", may be over.
    const tell = (problems) => {
        const section = document.getElementById("problems");
        section.hidden = problems.length === 0;
        section.querySelector("ul").replaceChildren(
            ...problems.map((problem) => {
                const item = document.createElement("li");
                item.textContent = `! ${problem}`;
                return item;
            }),
        );
    };
    const look = async () => {
        let answer = { last_request: "" };
        if (!document.hidden) {
            tries += 1;
            try {
                answer = await ask();
            } catch {
                // The network may be back at the next look.
            }
        }
        if (timer === null) {
            return;
        }
        const last = answer?.last_request;
        if (answer === null) {
            stop(line.dataset.lost);
        } else if (last && last !== line.dataset.last) {
            line.dataset.last = last;
            tell(answer.problems);
            stop(`✓ ${line.dataset.arrived} ${last}`);
        } else if (tries >= most) {
            stop(line.dataset.gaveUp);
        } else {
            timer = setTimeout(look, pause);
        }
    };

    button.hidden = false;
    button.addEventListener("click", () => {
        if (timer !== null) {
            stop(line.dataset.stopped);
            return;
        }
        tries = 0;
        button.textContent = button.dataset.stop;
        line.textContent = line.dataset.waiting;
        timer = setTimeout(look, 0);
    });
}
