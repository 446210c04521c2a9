// What the relatives' page says. Few and large words: it is read by old eyes, by people who are worried.

import { addWords, dictionary } from "../shared/i18n";

export const words = dictionary({
  "app.family": ["家属通话", "Call your family"],
  "who": ["您好，{name}", "Hello, {name}"],
  "until": ["链接有效到 {time}", "This link opens until {time}"],
  "connecting": ["正在连接…", "Connecting…"],
  "offline": ["网络断了，正在自动重连。请看看手机有没有信号。", "No network; connecting again by itself. Look whether your phone has a signal."],
  "again": ["再试一次", "Try again"],
  "replaced": ["这个链接在另一台手机上打开了", "This link was opened on another phone"],
  "here": ["改用这台", "Use this one"],
  "waiting": ["现在没有来电", "Nobody is calling now"],
  "waiting.how": ["请不要关闭本页，有来电会响铃。", "Leave this page open: it rings when somebody calls."],

  "ring.calls": ["{name} 请您视频", "{name} is calling you"],
  "ring.open": ["{name} 在等您", "{name} waits for you"],
  "ring.answer": ["接听", "Answer"],
  "ring.enter": ["进入通话", "Join the call"],
  "ring.decline": ["现在不方便", "Not now"],
  "ring.noSound": ["点一下屏幕，手机才能响铃", "Touch the screen once, so that the phone may ring"],

  "allow.picture": ["手机会问能不能用摄像头和麦克风，请点“允许”", "The phone asks for the camera and the microphone: press Allow"],
  "allow.how": ["手机会问一次，请点“允许”", "The phone asks once: press “Allow”"],
  "allow.yes": ["允许", "Allow"],

  "try": ["先试一试声音和画面", "Try sound and picture first"],
  "try.allow": ["请点“允许”", "Press “Allow”"],
  "try.seen": ["能看到您", "You can be seen"],
  "try.level": ["声音大小", "Loudness"],
  "try.speak": ["请说句话…", "Say something…"],
  "try.heard": ["✓ 能听到您", "✓ You can be heard"],
  "try.still": ["没有它们也能接听：您能看、能听。", "You can answer without them: you will see and hear."],
  "try.sound": ["响一声，听得见吗？", "Ring once: can you hear it?"],
  "try.done": ["好了", "Done"],

  "call.joining": ["正在接通…", "Connecting the call…"],
  "call.alone": ["请稍等，对方马上就来", "One moment: the others are coming"],
  "call.lost": ["网络不好，正在恢复，请不要关闭", "Poor network; it comes back by itself, stay here"],
  "call.listen": ["您仍能看和听。", "You still see and hear."],
  "call.unseen": ["对方看不到您，仍能听到。", "You are heard, not seen."],
  "call.heard": ["对方能听到您", "You are heard"],
  "call.muted.tap": ["对方听不到您，点这里说话", "You are muted: touch to speak"],
  "call.silenced": ["请先听，轮到您时会提示", "Please listen; you will be asked"],
  "call.hide": ["关画面", "Hide me"],
  "call.show": ["开画面", "Show me"],
  "call.hangUp": ["挂断", "Hang up"],
  "call.back": ["重新接通", "Back into the call"],
  "call.sound": ["点这里打开声音", "Turn the sound on"],
  "ask.speak": ["请您说话", "You are asked to speak"],
  "ask.yes": ["打开话筒，我来说", "Turn the microphone on"],
  "ask.no": ["先不说", "Not now"],

  "role.chair": ["主持人", "chair"],
  "role.speaker": ["工作人员", "staff"],
  "role.viewer": ["旁听", "listens"],
  "role.family": ["家属", "family"],

  "dead.none": ["请从收到的链接打开", "Open the link you were sent"],
  "dead.none.what": ["工作人员会用短信或微信发给您一个链接。点开它，就能通话。", "You are sent a link by message. Touch it to come to the call."],
  "dead.expired": ["这个链接已过期", "This link has run out"],
  "dead.expired.what": ["请联系发给您链接的人，再要一个新的。", "Ask whoever sent it for another one."],
  "dead.ended": ["通话已经结束", "The call is over"],
  "dead.ended.what": ["谢谢您。不用再做什么，可以关闭本页。", "Thank you. There is nothing left to do; you may close this page."],
  "dead.kicked": ["您已离开这次通话", "You have been shown out of this call"],
  "dead.kicked.what": ["需要再通话，请联系发给您链接的人。", "To talk again, ask whoever sent you the link."],
  "dead.unlinked": ["这个链接已被收回", "This link was taken back"],
  "dead.unlinked.what": ["请联系发给您链接的人。", "Ask whoever sent it to you."],
  "dead.camera": ["看摄像头的链接已失效", "The link to the camera opens nothing any more"],
  "dead.camera.what": ["可能已到期，或者家里人收回了同意。请向发链接的人再要一个。", "It has run out, or the household has taken its consent back. Ask whoever sent it for another one."],
  "dead.unknown": ["这个链接打不开", "This link opens nothing"],
  "dead.unknown.what": ["链接可能不完整，或已换成新的。请用最近收到的那一个，整个点开。", "It may be incomplete, or a newer one has replaced it. Use the one that came last, and touch all of it."],
  "dead.emergency": ["有危险请直接打电话：", "In danger, telephone:"],

  "cam.home": ["家里的摄像头", "Cameras of your home"],
  "cam.watch": ["看一看", "Look"],
  "cam.stop": ["不看了", "Stop"],
  "cam.until": ["可以看到 {time}", "until {time}"],
  "cam.none": ["现在没有您能看的摄像头，同意可能已到期", "There is no camera for you to see; the consent may have ended"],
  "cam.failed": ["暂时没有画面：{why}。会自动再试。", "No picture for now: {why}. It tries again by itself."],
  "cam.noted": ["每次查看都有记录。", "Every look is written down."],
  "cam.coming": ["画面正在来…", "The picture is coming…"],
});
addWords(words);

type FamilyWords = typeof words;
declare module "../shared/i18n" {
  interface PageWords extends FamilyWords {}
}
