// The words of the administrator's page, Chinese then English. Those of the result views stand beside them.

import { dictionary } from "../shared/words";
import { resultWords } from "./results/words";

export const words = dictionary({
  ...resultWords,
  "app.admin": ["枫桥 · 规则工坊", "Fengqiao · Policy workshop"],
  "missing": ["服务器还没有这个功能", "This server does not have this yet"],
  "skip": ["跳到正文", "Skip to the content"],
  "denied.title": ["您的账号不能使用规则工坊", "Your account may not use the policy workshop"],
  "denied.text": [
    "规则对全县生效，只有系统管理员可以修改，审计管理员可以查看。请用这样的账号登录，或请系统管理员授权。",
    "Rules decide for the whole county: system administrators may change them, audit administrators may read them. Sign in with such an account, or ask for the role.",
  ],
  "readonly": ["您是审计管理员：可以查看，不能修改。", "You are an audit administrator: you may read, not change."],
  "nav": ["页面导航", "Pages"],
  "nav.packs": ["规则包", "Packs"],
  "nav.jobs": ["运行记录", "Runs"],
  "nav.history": ["部署历史", "History"],
  "nav.shadow": ["影子对照", "Shadows"],
  "nav.why": ["为何如此", "Why"],
  "nav.running": ["{n} 个在运行", "{n} running"],
  "link.down.admin": [
    "与服务器的连接已断开 {time}，正在自动重连。您写的内容保存在本机，不会丢失。",
    "The link to the server has been down for {time}; reconnecting by itself. What you write is kept in this browser.",
  ],
  "view.loading": ["正在读取…", "Loading…"],
  "view.failed": ["没有读到：{why}", "Not loaded: {why}"],
  "view.again": ["再试一次", "Try again"],
});
