/** VitePress's own theme; and the browser keeps the site, so that it works without a network from then on. */

import "./style.css";
import { inBrowser, type Theme, withBase } from "vitepress";
import DefaultTheme from "vitepress/theme";

export default {
  extends: DefaultTheme,
  enhanceApp() {
    if (!import.meta.env.PROD || !inBrowser || !("serviceWorker" in navigator)) return;
    // No storage, or a visitor who forbids it: then the site needs its network, as any other.
    addEventListener("load", () => void navigator.serviceWorker.register(withBase("/sw.js")).catch(() => {}));
  },
} satisfies Theme;
