import init, { Study } from "./study.js";
await init();
const study = new Study();
// A message to oneself is the fastest way back after the page's messages have been heard.
const { port1, port2 } = new MessageChannel();
let working = false;
// Runs that do not depend on each other are spread over threads like this one.
let helpers = [];
const dismiss = () => {
  for (const helper of helpers) helper.terminate();
  helpers = [];
};
const spread = (questions) => {
  dismiss();
  let left = questions.length;
  const count = Math.min(left, 8, Math.max(1, navigator.hardwareConcurrency));
  helpers = Array.from({ length: count }, () => {
    const helper = new Worker(import.meta.url, { type: "module" });
    const next = () => questions.length && helper.postMessage(questions.shift());
    helper.onmessage = ({ data }) => {
      if (data) {
        left -= 1;
        say(study.ask(data));
        if (!left) dismiss();
      }
      next();
    };
    return helper;
  });
};
const say = (answer) => {
  if (answer === undefined) return;
  if (answer.startsWith('{"spread"')) {
    const { spread: questions, panel } = JSON.parse(answer);
    spread(questions);
    answer = JSON.stringify({ panel, spread: [] });
  }
  postMessage(answer);
};
const go = () => {
  working = study.is_busy();
  if (working) port2.postMessage(null);
};
port1.onmessage = () => {
  say(study.work());
  go();
};
onmessage = ({ data }) => {
  // Another question, and what the threads are doing is for nobody.
  if (helpers.length && !data.includes('"do":"words"')) dismiss();
  say(study.ask(data));
  if (!working) go();
};
postMessage("");
