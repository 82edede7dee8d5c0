import init, { start_app } from "./brownout.js";
await init();
start_app();
