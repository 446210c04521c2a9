// What the part about one's own account says, Chinese then English; it comes with the pages that have it.
import { addWords } from "../shared/i18n";

export const words = addWords({
  "account.mine": ["我的账号", "My account"],
  "account.password": ["修改密码", "Change the password"],
  "account.old": ["原密码", "Password so far"],
  "account.new": ["新密码（至少 8 位）", "New password (8 characters or more)"],
  "account.again": ["再输一遍", "Once more"],
  "account.differ": ["两遍输入的新密码不一样", "The two new passwords differ"],
  "account.signsOut": ["改好后，所有终端都要用新密码重新登录。", "Afterwards every device signs in again with the new one."],
  "account.change": ["修改", "Change"],
  "account.factor": ["动态口令（验证器应用）", "One-time passwords (authenticator app)"],
  "account.factorOff": ["没有启用。启用后，登录时除密码外还要手机上的 6 位数字。", "Off. Once on, signing in needs six digits from your phone besides the password."],
  "account.factorOn": ["已启用。换手机前请先停用；手机丢失请找安全管理员。", "On. Turn it off before you change phones; if the phone is lost, ask the security administrator."],
  "account.begin": ["启用…", "Turn on…"],
  "account.secret": ["在验证器应用里选“手动输入”，填入这个密钥（基于时间，6 位）：", "In the authenticator app choose “enter a key” and type this (time-based, 6 digits):"],
  "account.open": ["在本机的验证器里打开", "Open in an authenticator on this device"],
  "account.otp": ["应用里现在的 6 位数字", "The six digits it shows now"],
  "account.confirm": ["启用", "Turn on"],
  "account.remove": ["停用", "Turn off"],
  "account.on": ["动态口令已启用。", "One-time passwords are on."],
  "account.off": ["动态口令已停用。", "One-time passwords are off."],
});

type AccountWords = typeof words;
declare module "../shared/i18n" {
  interface PageWords extends AccountWords {}
}
