import init, { Study } from "./study.js";
await init();
const study = new Study();
// A message to oneself is the fastest way back after the page's messages have been heard.
const { port1, port2 } = new MessageChannel();
let working = false;
const say = (answer) => { if (answer !== undefined) postMessage(answer); };
const go = () => {
  working = study.is_busy();
  if (working) port2.postMessage(null);
};
port1.onmessage = () => {
  say(study.work());
  go();
};
onmessage = ({ data }) => {
  say(study.ask(data));
  if (!working) go();
};
postMessage("");
