/** Starts the parts of the page. */
import "./style.css";
import "./parts.css";
import { byId } from "./dom.ts";
import { startDraw } from "./draw/index.ts";
import { startEight } from "./measure/eight/index.ts";
import { startMeasure } from "./measure/index.ts";
import { keepPage, keepsPage } from "./offline/index.ts";
import { Threads } from "./threads/index.ts";
import { restoreTyped } from "./threads/typed.ts";
import { startTrain } from "./train/index.ts";
import { startUnderstand } from "./understand/index.ts";

const { pad, learn } = startDraw();
const threads = new Threads(keepsPage(), pad);
const weights = startTrain(threads, learn);
startMeasure(threads);
startEight(weights);
startUnderstand();
restoreTyped(pad);
keepPage().then((kept) => {
  if (!threads.settle(kept)) byId("offline", HTMLElement).hidden = !kept;
});
