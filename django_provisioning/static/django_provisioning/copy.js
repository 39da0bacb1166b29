"use strict";
// Shows the copy buttons, which do nothing without a script, and makes them work.
for (const button of document.querySelectorAll("button[data-copies]")) {
    const source = document.getElementById(button.dataset.copies);
    button.hidden = false;
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(source.textContent.trim());
            button.textContent = button.dataset.copied;
        } catch {
            // No clipboard outside HTTPS: select the text, so that Ctrl-C takes it.
            window.getSelection().selectAllChildren(source);
        }
    });
}
