// What the boards say, Chinese then English.
import { dictionary } from "../../shared/words";

export const boardWords = dictionary({
  "board.tabs": ["看板", "Boards"],
  "board.queue": ["事件", "Queue"],
  "board.unknown": ["没有这个看板", "There is no such board"],
  "board.refused": ["您的角色看不了这个看板", "This board is not for your role"],
  "board.toQueue": ["回到事件队列", "To the queue"],
  "board.failed": ["看板没有打开：{why}", "The board did not open: {why}"],
  "board.again": ["再试一次", "Try again"],

  "files.title": ["附件", "Files"],
  "files.none": ["没有附件", "No files"],
  "files.choose": ["添加照片、录音、文件…", "Add photos, sound, files…"],
  "files.there": ["已上传", "uploaded"],
  "files.going": ["正在上传…", "Uploading…"],
  "files.attach": ["附到事件（{n}）", "Attach ({n})"],
  "files.drop": ["不要 {name}", "Leave out {name}"],
});
