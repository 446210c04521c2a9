// What the desk says about a resident who reported, Chinese then English.
import { dictionary } from "../../shared/i18n";

export const residentWords = dictionary({
  "resident": ["上报居民", "The resident who reported"],
  "resident.noName": ["未留姓名", "no name left"],
  "resident.noPhone": ["未留电话", "no telephone left"],
  "resident.reveal": ["查看姓名电话", "Show name and number"],
  "resident.reply": ["回复居民", "Reply to the resident"],
  "resident.revealed": ["已被查看 {n} 次", "Shown {n} times"],
  "resident.revealNote": ["写明为什么要看：谁、何时、为什么看，都会记入日志。", "Say why: who looked, when and why stands in the journal."],
  "resident.replyNote": ["居民查进度时会看到这段话。请不要写内部情况和他人姓名。", "The resident reads this when he follows his report. Leave out what is internal, and other people's names."],
  "resident.reason": ["理由", "Reason"],
  "resident.text": ["回复内容", "Reply"],
});
