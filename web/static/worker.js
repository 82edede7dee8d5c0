import init, { start_worker } from "./brownout.js";
await init();
start_worker();
