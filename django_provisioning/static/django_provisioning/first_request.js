"use strict";
// Looks for the next request of the identity provider while somebody watches; without a script there is a link.
{
    const line = document.getElementById("first-request");
    const button = document.getElementById("watch");
    const start = button.textContent;
    const pause = 5000;
    const most = 120;
    let timer = null;
    let tries = 0;

    const stop = () => {
        clearTimeout(timer);
        timer = null;
        button.textContent = start;
    };
    const look = async () => {
        tries += 1;
        try {
            const answer = await fetch(line.dataset.statusUrl, { headers: { Accept: "application/json" } });
            const last = (await answer.json()).last_request;
            if (last && last !== line.dataset.last) {
                line.dataset.last = last;
                line.textContent = `✓ ${line.dataset.arrived} ${last}`;
                stop();
                return;
            }
        } catch {
            // The next look may succeed.
        }
        if (timer === null) {
            return;
        }
        if (tries >= most) {
            line.textContent = line.dataset.gaveUp;
            stop();
            return;
        }
        timer = setTimeout(look, pause);
    };

    button.hidden = false;
    button.addEventListener("click", () => {
        if (timer !== null) {
            stop();
            return;
        }
        tries = 0;
        button.textContent = button.dataset.stop;
        line.textContent = line.dataset.waiting;
        timer = setTimeout(look, 0);
    });
}
