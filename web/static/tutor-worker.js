import init, { Tutor } from "./tutor.js";
await init();
const tutor = new Tutor();
onmessage = ({ data }) => postMessage(tutor.answer(data));
postMessage("");
